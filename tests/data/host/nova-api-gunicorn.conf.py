"""How gunicorn serves nova.wsgi.osapi_compute. Written by `freebsd-port host services install`."""

wsgi_app = "nova.wsgi.osapi_compute:application"
bind = ["127.0.0.1:8774"]
workers = 2
worker_class = "gthread"
threads = 8
timeout = 120
graceful_timeout = 60
proc_name = "nova-api"
control_socket_disable = True
