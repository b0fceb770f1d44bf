#!/usr/bin/perl
use strict;
use warnings;
use Socket qw(AF_INET PF_INET SOCK_STREAM inet_pton pack_sockaddr_in);

@ARGV == 1 or die "usage: $0 IP\n";
my $addr = inet_pton(AF_INET, $ARGV[0]) or die "$ARGV[0]: not an address\n";
socket(my $s, PF_INET, SOCK_STREAM, 0) or die "socket fail: $!\n";
connect($s, pack_sockaddr_in(13, $addr)) or die "connect fail: $!\n";

print "현재 시각\n";
while (1) {
    defined(my $n = sysread $s, my $buf, 100) or die "read fail: $!\n";
    last if $n == 0;
    print $buf;
}
close $s or die "close fail: $!\n";
