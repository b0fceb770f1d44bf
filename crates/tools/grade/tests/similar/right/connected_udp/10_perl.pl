#!/usr/bin/env perl
# connected UDP, 4-arg send is for the unconnected
use strict; use warnings;
use Socket;

sub fail { print "@_\n"; exit 1 }

my ($host) = @ARGV;
fail("usage: connected_udp IP") unless @ARGV == 1;
fail("$host: not an address") unless $host =~ /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/ && 4 == grep { $_ < 256 } $1, $2, $3, $4;
socket(S, AF_INET, SOCK_DGRAM, 0)             or fail("socket: $!");
connect(S, pack_sockaddr_in(7, inet_aton($host))) or fail("connect: $!");
syswrite STDOUT, "입력 : ";
my $line = readline STDIN;
if (defined $line) {
    my $n = syswrite S, $line;
    fail("write: $!") unless defined $n && $n == length $line;
    $n = sysread S, my $answer, 4096;
    fail("read: $!") unless defined $n;
    syswrite STDOUT, "수신 : $answer";
}
connect(S, pack('S x14', AF_UNSPEC)) or fail("disconnect: $!");
close S or fail("close: $!");
exit 0;
