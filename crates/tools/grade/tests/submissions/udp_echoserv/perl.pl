#!/usr/bin/perl
use strict;
use warnings;
use IO::Socket::INET;

my ($port) = @ARGV;
defined $port && $port =~ /^\d{1,5}$/ && $port < 65536 or die "usage: $0 PORT\n";
my $s = IO::Socket::INET->new(Proto => 'udp', LocalPort => $port) or die "$port: $@\n";
while (1) {
    my $peer = $s->recv(my $datagram, 65536);
    defined $peer or warn("recv: $!\n"), next;
    defined $s->send($datagram, 0, $peer) or warn "send: $!\n";
}
