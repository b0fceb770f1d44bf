#!/usr/bin/perl
use strict;
use warnings;
use Socket;

open(my $passwd, '<', '/etc/passwd') or die "open fail: $!\n";
socket(my $stream, PF_INET, SOCK_STREAM, 0) or die "socket fail: $!\n";
socket(my $datagram, PF_INET, SOCK_DGRAM, 0) or die "socket fail: $!\n";
open(my $hosts, '<', '/etc/hosts') or die "open fail: $!\n";

printf("/etc/passwd's file descriptor = %d\n", fileno($passwd));
printf("stream socket descriptor = %d\n", fileno($stream));
printf("datagram socket descriptor = %d\n", fileno($datagram));
printf("/etc/host's file descriptor = %d\n", fileno($hosts));

foreach my $handle ($hosts, $datagram, $stream, $passwd) {
    close($handle) or die "close fail: $!\n";
}
