#!/usr/bin/env perl

# The driver of the conformance cases: aura-replay drive perl -Ilib t/driver.pl

use v5.36;

use Aura::Users;
use JSON::MaybeXS ();
use Time::HiRes   qw(setitimer ITIMER_REAL);

my $JSON = JSON::MaybeXS->new( utf8 => 1, canonical => 1 );
my @KEPT = qw(kind status errors request_id);

sub error_fields ($error) {
    my %fields = $error->as_hash->%*;
    return { %fields{@KEPT}, message => $fields{server_message} };
}

# Runs the code. If the command has a time, the handler of an alarm ends it.
sub run_with_limit ( $command, $code ) {
    my $kind  = defined $command->{cancel_after_ms} ? 'cancelled' : 'timeout';
    my $after = $command->{cancel_after_ms} // $command->{deadline_ms} // return $code->();
    local $SIG{ALRM} = sub { die { kind => $kind, message => 'a handler died' } };
    setitimer( ITIMER_REAL, $after / 1000 );
    my @result = eval { $code->() };
    my $error  = $@;
    setitimer( ITIMER_REAL, 0 );
    die $error if $error;
    return $result[0];
}

# Returns the answer for an exception.
sub answer_for ($error) {
    return { error => $error } if ref $error eq 'HASH';
    die $error if !( $error isa Aura::Users::Error );
    return { error => error_fields($error) };
}

sub run_stream ( $command, $client ) {
    my $logs = $client->stream_audit_logs;
    my ( @rows, @errors );
    my $read = sub {
        while ( my $log = $logs->next ) { push @rows, $log->raw_json }
        return 1;
    };
    my $answer = {};
    until ( eval { run_with_limit( $command, $read ) } ) {
        $answer = answer_for($@);
        last if !$command->{resume} || @errors >= 10;
        push @errors, $answer->{error};
        $answer = {};
    }
    return { ok_rows => \@rows, errors => \@errors, %{$answer} };
}

sub run_once ( $command, $client ) {
    my ( $operation, $args ) = @{$command}{qw(operation args)};
    return run_stream( $command, $client ) if $operation eq 'stream_audit_logs';
    my @arguments = grep { defined } @{$args}{qw(username_or_email username password emails)};
    my $answer    = eval {
        my $user = run_with_limit( $command, sub { $client->$operation(@arguments) } );
        $user ? { ok => $user->raw_json } : { ok_empty => JSON::MaybeXS::true() };
    };
    return $answer // answer_for($@);
}

sub run_many ( $command, $client ) {
    my %outcomes;
    if ( $command->{at_once} ) {
        my $start = "start_$command->{operation}";
        my $queue = Aura::Users::Queue->new;
        my $count = sub ($call) { my $error = $call->error; $outcomes{ $error ? $error->kind : 'ok' }++ };
        my @calls =
            map { $queue->add( $client->$start( values $command->{args}->%* ), $count ) } 1 .. $command->{times};
        if ( my $after = $command->{cancel_after_ms} ) {
            $queue->wait( $after / 1000 );
            $_->cancel for @calls;
        }
        $queue->run;
    }
    else {
        for ( 1 .. $command->{times} ) {
            my $answer = run_once( $command, $client );
            $outcomes{ $answer->{error} ? $answer->{error}{kind} : 'ok' }++;
        }
    }
    return { outcomes => \%outcomes };
}

sub answer ($command) {
    my @lines;
    Aura::Users->log_to( sub ( $level, $text, $line ) { push @lines, $text }, 'debug' ) if $command->{log};
    my $answer = eval {
        my $client = Aura::Users->new( $command->{options}->%* );
        $command->{times} ? run_many( $command, $client ) : run_once( $command, $client );
    };
    $answer //= answer_for($@);
    Aura::Users->log_to(undef);
    return { id => $command->{id}, %{$answer}, log => \@lines };
}

$| = 1;    ## no critic (RequireLocalizedPunctuationVars) -- for the whole program
Aura::Users->log_to(undef);
while ( my $line = <STDIN> ) {
    my $command = $JSON->decode($line);

    # The child prints the answer that its parent waits for.
    my $child = $command->{fork} ? fork // die "fork: $!\n" : undef;
    if ($child) {
        waitpid $child, 0;
        next;
    }
    print $JSON->encode( { answer($command)->%*, pid => $$ } ), "\n";
    exit if defined $child;
}
