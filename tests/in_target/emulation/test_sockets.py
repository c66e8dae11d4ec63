from __future__ import annotations


def test_tcp_option_numbers_that_the_host_does_not_know_give_enoprotoopt(host):
    wrong = host.run("""
        import socket
        unknown = set(range(1, 80)) - set(profile.tcp_options.values())
        answer = []
        with socket.socket() as sock:
            for number in sorted(unknown):
                errors = (raised(sock.setsockopt, socket.IPPROTO_TCP, number, 1),
                          raised(sock.getsockopt, socket.IPPROTO_TCP, number))
                if any(error is None or error[1] != "ENOPROTOOPT" for error in errors):
                    answer.append([number, errors])
        """)
    assert wrong == []


def test_the_user_timeout_of_linux_is_unknown(host):
    assert host.run("""
        import socket
        answer = raised(socket.socket().setsockopt, socket.IPPROTO_TCP, 18, 60000)[:2]
        """) == ["OSError", "ENOPROTOOPT"]


def test_option_68_is_known_from_14_on_and_reads_back(host):
    answer = host.run("""
        import socket
        sock = socket.socket()
        error = raised(sock.setsockopt, socket.IPPROTO_TCP, 68, 60)
        answer = error[1] if error else sock.getsockopt(socket.IPPROTO_TCP, 68)
        """)
    assert answer == ("ENOPROTOOPT" if host.profile == "freebsd-13.1" else 60)


def test_keepalive_options_have_freebsd_numbers_and_reach_the_kernel(host):
    assert host.run("""
        import _socket, socket
        sock = socket.socket()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 77)
        linux = _socket.socket.__mro__[1]
        answer = [socket.TCP_KEEPIDLE, linux.getsockopt(sock, socket.IPPROTO_TCP, 4)]
        """) == [256, 77]


def test_linux_number_4_succeeds_and_sets_no_keepalive(host):
    assert host.run("""
        import socket
        sock = socket.socket()
        before = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
        sock.setsockopt(socket.IPPROTO_TCP, 4, 33)
        answer = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == before
        """)


def test_a_second_copy_of_the_socket_module_has_the_same_ways(host):
    assert host.run("""
        import importlib, socket
        for name in ("socket", "_socket"):
            del sys.modules[name]
        copy = importlib.import_module("socket")
        assert copy is not socket
        answer = raised(copy.socket().setsockopt, copy.IPPROTO_TCP, 18, 1)[:2]
        """) == ["OSError", "ENOPROTOOPT"]


def test_abstract_names_give_enoent(host):
    assert host.run("""
        import socket
        sock = socket.socket(socket.AF_UNIX)
        answer = [raised(sock.bind, chr(0) + "name")[:2], raised(sock.connect, b"\\0name")[:2],
                  errno.errorcode[sock.connect_ex(chr(0) + "name")]]
        """) == [["FileNotFoundError", "ENOENT"], ["FileNotFoundError", "ENOENT"], "ENOENT"]


def test_a_unix_path_may_have_103_bytes(host):
    assert host.run("""
        import socket, tempfile
        with tempfile.TemporaryDirectory(dir="/tmp") as directory:
            os.chdir(directory)
            fits = raised(socket.socket(socket.AF_UNIX).bind, "a" * 103)
            long = raised(socket.socket(socket.AF_UNIX).bind, "b" * 104)
            os.chdir("/")
        answer = [fits, long]
        """) == [None, ["OSError", None, "AF_UNIX path too long"]]


def test_shutdown_of_a_listening_unix_socket_fails_and_wakes_accept(host):
    assert host.run("""
        import socket, tempfile, threading
        directory = tempfile.TemporaryDirectory(dir="/tmp")
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(os.path.join(directory.name, "s"))
        sock.listen()
        woken = []
        thread = threading.Thread(target=lambda: woken.append(raised(sock.accept)[:2]))
        thread.start()
        caller = raised(sock.shutdown, socket.SHUT_RDWR)[1]
        thread.join()
        answer = [caller, woken]
        """) == ["ENOTCONN", [["ConnectionAbortedError", "ECONNABORTED"]]]


def test_connected_sockets_work_as_before(host):
    assert (
        host.run("""
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname())
        peer, _ = server.accept()
        client.sendall(b"hello")
        client.shutdown(socket.SHUT_WR)
        pair = socket.socketpair()
        pair[0].shutdown(socket.SHUT_RDWR)
        answer = peer.recv(10).decode()
        """)
        == "hello"
    )


def test_shutdown_of_a_unix_socket_whose_peer_has_closed_fails(host):
    assert (
        host.run("""
        import socket
        answer = []
        for how in (socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR):
            ours, theirs = socket.socketpair()
            theirs.sendall(b"last words")
            theirs.close()
            answer.append([raised(ours.shutdown, how)[1], ours.recv(20).decode()])
        """)
        == [["ENOTCONN", "last words"]] * 3
    )


def test_shutdown_of_a_unix_socket_whose_peer_has_only_shut_one_direction_succeeds(host):
    assert host.run("""
        import socket
        answer = []
        for how in (socket.SHUT_RD, socket.SHUT_WR):
            ours, theirs = socket.socketpair()
            theirs.shutdown(how)
            answer.append(raised(ours.shutdown, socket.SHUT_WR))
        """) == [None, None]


def test_shutdown_of_a_unix_socket_that_has_no_peer_or_is_closed_fails(host):
    assert host.run("""
        import socket
        closed = socket.socket(socket.AF_UNIX)
        closed.close()
        answer = [raised(socket.socket(socket.AF_UNIX).shutdown, socket.SHUT_WR)[1],
                  raised(closed.shutdown, socket.SHUT_WR)[1]]
        """) == ["ENOTCONN", "EBADF"]


def test_shutdown_of_a_tcp_socket_whose_peer_has_closed_is_left_to_linux(host):
    assert (
        host.run("""
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname())
        server.accept()[0].close()
        client.recv(1)
        answer = raised(client.shutdown, socket.SHUT_WR)
        """)
        is None
    )


def test_a_unix_socket_whose_peer_shut_both_directions_still_has_its_peer(host):
    assert host.run("""
        import socket
        ours, theirs = socket.socketpair()
        theirs.shutdown(socket.SHUT_RDWR)
        answer = [raised(ours.getpeername), raised(ours.shutdown, socket.SHUT_RDWR)]
        """) == [None, None]


def test_a_unix_socket_whose_peer_closed_has_none_and_ends(host):
    assert host.run("""
        import socket
        ours, theirs = socket.socketpair()
        ours.sendall(b"unread")
        theirs.close()
        answer = [raised(ours.getpeername)[1], ours.recv(1).decode(), ours.recv_into(bytearray(1)),
                  raised(ours.send, b"x")[1]]
        """) == ["ENOTCONN", "", 0, "EPIPE"]


def test_a_switch_of_tcp_reads_as_the_kernels_bit(host):
    assert host.run("""
        import socket
        answer = []
        with socket.socket() as sock:
            for number in (socket.TCP_NODELAY, 4):
                answer.append(sock.getsockopt(socket.IPPROTO_TCP, number))
                sock.setsockopt(socket.IPPROTO_TCP, number, 1)
                answer.append(sock.getsockopt(socket.IPPROTO_TCP, number))
        """) == [0, 4, 0, 4096]
