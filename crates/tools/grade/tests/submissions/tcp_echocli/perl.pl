#!/usr/bin/perl
use strict;
use warnings;
use IO::Handle;
use Socket;

my $ip = shift // die "usage: tcp_echocli IP\n";
my $addr = $ip =~ /^\d+(\.\d+){3}$/ && inet_aton($ip) or die "$ip: not an address\n";

socket(my $sock, PF_INET, SOCK_STREAM, getprotobyname('tcp') // 6) or die "socket: $!\n";
connect($sock, sockaddr_in(7, $addr)) or die "connect: $!\n";
$sock->autoflush(1);

STDOUT->autoflush(1);
print "입력 : ";
my $line = <STDIN>;
exit 0 unless defined $line;

$SIG{PIPE} = 'IGNORE';
print {$sock} $line or die "send: $!\n";
my $got = read($sock, my $answer, length $line);
die "read: $!\n" unless defined $got;
die "the server closed after $got bytes\n" if $got < length $line;
print "수신 : $answer";
close $sock or die "close: $!\n";
