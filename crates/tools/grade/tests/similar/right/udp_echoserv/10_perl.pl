#!/usr/bin/perl
use strict;
use IO::Socket::INET;
my ($port) = @ARGV;
if (@ARGV != 1 || $port !~ /^\d+$/a || $port < 1 || $port > 65535) {
    print STDERR "usage: $0 PORT\n";
    exit 1;
}
my $s = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => $port, Proto => 'udp')
    or do { print STDERR "can't bind: $@\n"; exit 1 };
for (;;) {
    my $from = recv($s, my $data, 65536, 0);
    next unless defined $from;
    defined send($s, $data, 0, $from) or warn "send: $!";
}
