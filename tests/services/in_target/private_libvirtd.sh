#!/bin/sh
# libvirtd in mounts of its own, so that it neither finds nor leaves anything of this machine's:
# private_libvirtd.sh DIRECTORY, which has etc/, and gets run/, where the socket is, and log/.
# When libvirtd has ended, the guests that it left are ended too. Run with `unshare -m`.
set -eu
umask 022
mkdir -p "$1/run" "$1/log"
for place in /run /var/lib /var/cache /var/log; do
    mount -t tmpfs tmpfs "$place"
    mkdir "$place/libvirt"
done
mount --bind "$1/run" /run/libvirt
mount --bind "$1/log" /var/log/libvirt
mount --bind "$1/etc" /etc/libvirt
# Debian's libvirt does not start without this user, whatever qemu.conf says.
for file in passwd group; do
    cat "/etc/$file" "$1/$file" >"$1/run/$file"
    mount --bind "$1/run/$file" "/etc/$file"
done
libvirtd & daemon=$!
trap 'kill "$daemon"' TERM INT
status=0
wait "$daemon" || status=$?
while kill -0 "$daemon" 2>/dev/null; do # the trap ended the first wait
    status=0
    wait "$daemon" || status=$?
done
for file in /run/libvirt/qemu/*.pid; do
    [ ! -e "$file" ] || kill -9 "$(cat "$file")" || :
done
exit "$status"
