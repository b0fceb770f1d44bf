#!/usr/bin/env perl
use strict;
use warnings;
use Socket;

my $port = shift;
die "usage: tcp_echoserv PORT\n" unless defined $port && $port =~ /\A[0-9]{1,5}\z/ && $port > 0 && $port < 65536;
$SIG{PIPE} = 'IGNORE';
socket(my $l, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
setsockopt($l, SOL_SOCKET, SO_REUSEADDR, pack('l', 1));
bind($l, sockaddr_in($port, INADDR_ANY)) or die "bind: $!\n";
listen($l, 5) or die "listen: $!\n";
while (1) {
    my $c;
    unless (accept($c, $l)) {
        warn "accept: $!\n";
        select undef, undef, undef, 0.01;
        next;
    }
    CLIENT: while (1) {
        my $n = sysread $c, my $buf, 2048;
        next if !defined $n && $!{EINTR};
        last unless $n;
        my $off = 0;
        while ($off < $n) {
            my $w = syswrite $c, $buf, $n - $off, $off;
            if (!defined $w) { next if $!{EINTR}; last CLIENT; }
            $off += $w;
        }
    }
    close $c;
}
