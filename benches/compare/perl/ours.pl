#!/usr/bin/env perl

# Aura::Users.

use v5.36;

use FindBin qw($Bin);
use lib $Bin, "$Bin/../../../bindings/perl/lib";

use Aura::Users;
use Bench;

my ( undef, $url, undef, undef, %options ) = @ARGV;
my $client = Aura::Users->new( repo_url => $url, api_key => 'key', env => 0, %options );

Bench::run(
    user => sub ($seen) {
        $seen->{checksum} += length $client->get_user('orguser')->username;
    },
    stream => sub ($seen) {
        my $logs = $client->stream_audit_logs;
        while ( my $log = $logs->next ) {
            $seen->{checksum} += length $log->action;
            $seen->{rows}++;
        }
    },
);
