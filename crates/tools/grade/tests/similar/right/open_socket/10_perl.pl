#!/usr/bin/perl
use strict;
use warnings;
use Socket;
open(my $p, '<', '/etc/passwd') or die "/etc/passwd: $!\n";
socket(my $s, PF_INET, SOCK_STREAM, 0) or die "stream socket: $!\n";
socket(my $d, PF_INET, SOCK_DGRAM, 0) or die "datagram socket: $!\n";
open(my $h, '<', '/etc/hosts') or die "/etc/hosts: $!\n";
printf "%s descriptor = %d\n", @$_ for
    ["/etc/passwd's file", fileno $p],
    ["stream socket", fileno $s],
    ["datagram socket", fileno $d],
    ["/etc/host's file", fileno $h];
close $_ or die "close: $!\n" for $p, $s, $d, $h;
