#!/usr/bin/perl
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton);

@ARGV == 1 or die "usage: $0 IP\n";
my $ip = inet_pton(AF_INET, $ARGV[0]);
defined $ip or die "$ARGV[0]: not an address\n";
socket(my $sock, PF_INET, SOCK_DGRAM, getprotobyname('udp') || 17) or die "socket: $!\n";
binmode STDIN;
binmode STDOUT;
$| = 1;

print "입력 : ";
my $line = <STDIN>;
if (defined $line) {
    defined send($sock, $line, 0, sockaddr_in(7, $ip)) or die "send: $!\n";
    my $answer = '';
    defined recv($sock, $answer, 65535, 0) or die "recv: $!\n";
    print "수신 : ", $answer;
}
close $sock;
exit 0;
