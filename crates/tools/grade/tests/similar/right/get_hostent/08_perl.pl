#!/usr/bin/perl
use strict;
use warnings;
use Socket;

die "usage: $0 NAME\n" unless @ARGV == 1;
my ($name, $aliases, $type, $len, @addrs) = gethostbyname($ARGV[0]);
die "$ARGV[0]: no such host\n" unless defined $name;
print "호스트 이름 : $name\n";
print "호스트 주소타입 번호 : $type\n";
print "호스트 주소의 길이 : $len\n";
my $i = 0;
printf "IP주소(%d번째) : %s\n", ++$i, inet_ntoa($_) for @addrs;
$i = 0;
printf "호스트 별명(%d 번째) : %s\n", ++$i, $_ for split ' ', $aliases;
