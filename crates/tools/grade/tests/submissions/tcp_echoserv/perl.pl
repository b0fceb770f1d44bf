#!/usr/bin/perl
use strict;
use warnings;
use IO::Socket::INET;

my $port = shift // '';
die "usage: $0 PORT\n" unless $port =~ /^\d{1,5}$/ && $port > 0 && $port < 65536;
$SIG{PIPE} = 'IGNORE';

my $server = IO::Socket::INET->new(Proto => 'tcp', LocalPort => $port, Listen => 5)
    or die "cannot listen on $port: $@\n";

while (1) {
    my $client = $server->accept;
    unless ($client) {
        warn "accept: $!\n";
        next;
    }
    CLIENT: while (my $n = sysread($client, my $buf, 4096)) {
        my $off = 0;
        while ($off < $n) {
            my $sent = syswrite($client, $buf, $n - $off, $off);
            last CLIENT unless defined $sent;
            $off += $sent;
        }
    }
    close $client;
}
