#!/usr/bin/env perl

# HTTP::Tiny with one persistent connection. It decodes with JSON::XS, or with the module in BENCH_JSON.

use v5.36;

use FindBin qw($Bin);
use lib $Bin;

use Bench;
use HTTP::Tiny;
use Module::Load qw(load);

my ( undef, $url ) = @ARGV;
my $module = $ENV{BENCH_JSON} // 'JSON::XS';
load $module;
my $json = $module->new->utf8;
my $http = HTTP::Tiny->new(
    keep_alive      => 1,
    default_headers => { Accept => 'application/json', Authorization => 'key' },
);

sub get ($path) {
    my $reply = $http->get("$url$path");
    die "status $reply->{status}\n" if !$reply->{success};
    return $json->decode( $reply->{content} );
}

Bench::run(
    user => sub ($seen) {
        $seen->{checksum} += length get('/users/orguser')->{username};
    },
    stream => sub ($seen) {
        for ( my $page = 1 ; ; $page++ ) {
            my $rows = get("/users/me/audit-logs?page=$page");
            return if !@{$rows};
            $seen->{checksum} += length $_->{action} for @{$rows};
            $seen->{rows}     += @{$rows};
        }
    },
);
