#!/bin/sh
# A program that finds the libvirtd of private_libvirtd.sh: with_libvirt.sh DIRECTORY PROGRAM [WORD ...]
# Run with `unshare -m`.
set -eu
mount -t tmpfs tmpfs /run
mkdir /run/libvirt
mount --bind "$1/run" /run/libvirt
shift
exec "$@"
