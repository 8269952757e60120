#!/usr/bin/env perl

# A tour of the five functions, in Perl. examples/tour.c is the same in C.
#
#     TOUR_PASSWORD=... perl tour.pl REPO_URL USERNAME EMAIL
#
# It creates an account and does not delete it. Run it on a server of yours, such as aura-sandbox.

use v5.36;
use open qw(:std :encoding(UTF-8));

use Aura::Users;

sub create_account ( $client, $username, $password, $email ) {
    my $user = $client->create_user( $username, $password, [$email] );
    say 'create_user: ', $user->raw_json;

    $user = $client->get_user($username);
    say 'get_user: ', $user->raw_json;

    # The name is taken now, so the server rejects a second account.
    return if eval { $client->create_user( $username, $password, [$email] ) };
    die $@ if !( $@ isa Aura::Users::Error::Validation );
    say 'create_user again: ', $@->message;
    return;
}

# Asks for an API key, which the user creates on the server's web site.
sub ask_for_key ($email) {
    print "Follow the link in the mail to $email, make an API key, and paste it here: ";
    chomp( my $key = <STDIN> // q{} );
    say q{};
    return $key;
}

sub reset_password ( $client, $username ) {
    if ( eval { $client->reset_user_password($username); 1 } ) {
        say 'reset_user_password: a mail is on its way';
        return;
    }
    die $@ if !( $@ isa Aura::Users::Error::Unsupported );
    say 'reset_user_password: ', $@->message;
    return;
}

sub read_audit_log ($client) {
    my ( $logs, $total, %rows ) = ( $client->stream_audit_logs, 0 );
    while ( my $log = $logs->next ) {
        $rows{ $log->action }++;
        $total++;
    }
    say "stream_audit_logs: $total rows";
    printf "%6d %s\n", $rows{$_}, $_ for sort { $rows{$b} <=> $rows{$a} || $a cmp $b } keys %rows;
    return;
}

my ( $repo_url, $username, $email ) = @ARGV;
my $password = $ENV{TOUR_PASSWORD};
die "usage: TOUR_PASSWORD=... perl tour.pl REPO_URL USERNAME EMAIL\n" if @ARGV != 3 || !$password;
STDOUT->autoflush;

create_account( Aura::Users->new( repo_url => $repo_url ), $username, $password, $email );

# The following calls use a key of the new account.
my $client = Aura::Users->new( repo_url => $repo_url, api_key => ask_for_key($email) );
say 'get_current_user: ', $client->get_current_user->raw_json;
reset_password( $client, $username );
read_audit_log($client);
