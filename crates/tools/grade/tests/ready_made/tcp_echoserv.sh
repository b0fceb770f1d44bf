#!/bin/sh
# socat is the server.
exec socat "TCP-LISTEN:${1:?},reuseaddr,fork" PIPE
