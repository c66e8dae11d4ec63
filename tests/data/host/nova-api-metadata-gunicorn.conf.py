"""How gunicorn serves nova.wsgi.metadata. Written by `freebsd-port host services install`."""

wsgi_app = "nova.wsgi.metadata:application"
bind = ["127.0.0.1:8775"]
workers = 2
worker_class = "gthread"
threads = 8
timeout = 120
graceful_timeout = 60
proc_name = "nova-api-metadata"
control_socket_disable = True
