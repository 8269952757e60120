#!/usr/bin/env perl

# What `aura-replay drive` feeds with the conformance cases, for Perl: aura-replay drive perl -Ilib t/driver.pl

use v5.36;

use Aura::Users;
use JSON::MaybeXS ();
use Time::HiRes   qw(setitimer ITIMER_REAL);

my $JSON = JSON::MaybeXS->new( utf8 => 1, canonical => 1 );
my @KEPT = qw(kind status errors request_id);

sub of ($error) {
    my %fields = $error->as_hash->%*;
    return { %fields{@KEPT}, message => $fields{server_message} };
}

# Runs the code, and ends it as the command says: the way Perl ends anything.
sub ended ( $command, $code ) {
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

# The answer that an exception stands for.
sub failed ($error) {
    return { error => ref $error eq 'HASH' ? $error : $error isa Aura::Users::Error ? of($error) : die $error };
}

sub stream ( $command, $client ) {
    my $logs = $client->stream_audit_logs;
    my ( @rows, @errors );
    my $read = sub {
        while ( my $log = $logs->next ) { push @rows, $log->raw_json }
        return 1;
    };
    my $answer = {};
    until ( eval { ended( $command, $read ) } ) {
        $answer = failed($@);
        last if !$command->{resume} || @errors >= 10;
        push @errors, $answer->{error};
        $answer = {};
    }
    return { ok_rows => \@rows, errors => \@errors, %{$answer} };
}

sub once ( $command, $client ) {
    my ( $operation, $args ) = @{$command}{qw(operation args)};
    return stream( $command, $client ) if $operation eq 'stream_audit_logs';
    my @arguments = grep { defined } @{$args}{qw(username_or_email username password emails)};
    my $answer    = eval {
        my $user = ended( $command, sub { $client->$operation(@arguments) } );
        $user ? { ok => $user->raw_json } : { ok_empty => JSON::MaybeXS::true() };
    };
    return $answer // failed($@);
}

sub many ( $command, $client ) {
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
            my $answer = once( $command, $client );
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
        $command->{times} ? many( $command, $client ) : once( $command, $client );
    };
    $answer //= failed($@);
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
    print $JSON->encode( answer($command) ), "\n";
    exit if defined $child;
}
