#!/usr/bin/perl
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton);
@ARGV == 1 or die "usage: mydaytime IP\n";
my $addr = inet_pton(AF_INET, $ARGV[0]) // die "$ARGV[0]: no address\n";
socket(my $s, PF_INET, SOCK_STREAM, getprotobyname('tcp') || 6) or die "socket: $!\n";
connect($s, pack_sockaddr_in(13, $addr)) or die "connect: $!\n";
binmode STDOUT;
while (1) {
    my $n = sysread($s, my $buf, 700);
    die "read: $!\n" unless defined $n;
    last if $n == 0;
    print $buf or die "stdout: $!\n";
}
close $s;
close STDOUT or die "stdout: $!\n";
exit 0;
