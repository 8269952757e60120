package Aura::Users::Queue;

use v5.36;

use Aura::Users::Error  ();
use Aura::Users::Handle ();
use Aura::Users::Native qw(aura_call_complete aura_completions_fd aura_completions_new
    aura_completions_wait aura_completions_wake);
use Aura::Users::Signals qw(hold_signals);
use Scalar::Util         qw(blessed);
use Time::HiRes          qw(clock_gettime CLOCK_MONOTONIC);

our $VERSION = 'v0.1.0';

use constant { SLICE => 50, TOKENS => 64 };

sub new ($class) {
    my $handle = Aura::Users::Handle->new( Queue => \&aura_completions_new );
    return bless { queue => $handle, calls => {}, ended => [], last => 0, process => $$ }, $class;
}

sub add ( $self, $call, $callback ) {
    Aura::Users::Error->refuse('add() needs an Aura::Users::Call')
        if !( blessed $call && $call->isa('Aura::Users::Call') );
    Aura::Users::Error->refuse('the callback of add() is not a code reference') if ref $callback ne 'CODE';
    $self->_follow_fork;
    my $token = ++$self->{last};
    $self->{calls}{$token} = [ $call, $callback ];
    $self->_attach( $token, $call );
    return $call;
}

sub pending ($self) {
    return scalar keys $self->{calls}->%*;
}

sub fileno ($self) {    ## no critic (ProhibitBuiltinHomonyms)
    $self->_follow_fork;
    my $descriptor = aura_completions_fd( $self->{queue}->pointer );
    Aura::Users::Error->fail( connect => 'the process has no file descriptor left' ) if $descriptor < 0;
    return $descriptor;
}

sub handle ($self) {
    my $descriptor = $self->fileno;
    return $self->{handle} if $self->{handle};
    open $self->{handle}, '<&', $descriptor or Aura::Users::Error->fail( connect => "no file descriptor: $!" );
    return $self->{handle};
}

sub dispatch ($self) {
    $self->_follow_fork;
    1 while $self->_take(0) == TOKENS;
    return $self->_run;
}

sub wait ( $self, $seconds = undef ) {    ## no critic (ProhibitBuiltinHomonyms)
    my $end = defined $seconds ? clock_gettime(CLOCK_MONOTONIC) + $seconds : 9**9**9;
    $self->_follow_fork;
    while ( !$self->{ended}->@* && $self->pending ) {
        my $left = 1000 * ( $end - clock_gettime(CLOCK_MONOTONIC) );
        $self->_take( $left < 0 ? 0 : $left < SLICE ? $left : SLICE );
        last if $left <= 0;
        $self->_follow_fork;
    }
    return $self->dispatch;
}

sub run ($self) {
    $self->wait while $self->pending;
    return;
}

sub _attach ( $self, $token, $call ) {
    my $handle = $call->handle;
    return aura_call_complete( $handle, $self->{queue}->pointer, $token, undef ) if defined $handle;
    push $self->{ended}->@*, $token;
    return $self->_wake;
}

# Adds the calls that have ended to $self->{ended}, and returns how many there are.
sub _take ( $self, $milliseconds ) {
    my $queue  = $self->{queue}->pointer;
    my $tokens = "\0" x ( 8 * TOKENS );
    my $place  = unpack 'J', pack 'p', $tokens;
    my $count  = 0;
    hold_signals(
        sub {
            $count = aura_completions_wait( $queue, $milliseconds, $place, TOKENS );
            push $self->{ended}->@*, unpack "Q$count", $tokens if $count > 0;
        }
    );
    return $count;
}

# Runs the callbacks of the calls that have ended. If one dies, the descriptor is readable while others are left.
sub _run ($self) {
    my $count = 0;
    while ( defined( my $token = shift $self->{ended}->@* ) ) {
        my $entry = delete $self->{calls}{$token} // next;
        my ( $call, $callback ) = @{$entry};
        $count++;
        next if eval { $callback->($call); 1 };
        my $problem = $@;
        $self->_wake if $self->{ended}->@*;
        die $problem;    ## no critic (RequireCarping) -- as the callback died
    }
    return $count;
}

sub _wake ($self) {
    aura_completions_wake( $self->{queue}->pointer );
    return;
}

# In a forked child the queue has another descriptor, and the parent's calls have ended.
sub _follow_fork ($self) {
    return if $self->{process} == $$;
    $self->{process} = $$;
    delete $self->{handle};
    $self->_attach( $_, $self->{calls}{$_}[0] ) for sort { $a <=> $b } keys $self->{calls}->%*;
    return;
}

# A new thread gets no copy: see Aura::Users::Handle.
sub CLONE_SKIP { return 1 }

1;

__END__

=encoding utf8

=head1 NAME

Aura::Users::Queue - waits for many calls

=head1 SYNOPSIS

    use Aura::Users;

    my $client = Aura::Users->new;
    my $queue  = Aura::Users::Queue->new;
    for my $name (qw(ericmj orguser)) {
        $queue->add( $client->start_get_user($name), sub ($call) { say $name, ': ', $call->error // 'found' } );
    }
    $queue->run;

=head1 METHODS

=over

=item C<new>

Creates an empty queue.

=item C<add($call, $callback)>

Adds a call. Its callback runs after the call has ended; the argument is the call. Returns the call.

=item C<dispatch>

Runs the callbacks of the calls that have ended, and returns how many. It does not wait. If a callback dies, C<dispatch>
dies with its exception. The next C<dispatch> runs the remaining callbacks.

=item C<wait($seconds)>

Waits until a call has ended, at most C<$seconds>, and runs callbacks like C<dispatch>. Without an argument it has no
limit.

=item C<run>

Waits for all calls, including those that callbacks add, and runs their callbacks.

=item C<pending>

Returns how many calls still wait for their callback.

=item C<fileno>

Returns a descriptor that is readable while C<dispatch> has work. A forked child has another one.

=item C<handle>

Returns a file handle for event loops, a duplicate of that descriptor.

=back

=head1 EVENT LOOPS

=head2 select

    use Aura::Users;

    my $queue = Aura::Users::Queue->new;
    $queue->add( Aura::Users->new->start_get_user('ericmj'), sub ($call) { say $call->result->username } );
    vec( my $bits = q{}, $queue->fileno, 1 ) = 1;
    select my $ready = $bits, undef, undef, 60;
    $queue->dispatch;

=head2 IO::Async

    use Aura::Users;
    use IO::Async::Loop;

    my ( $client, $queue, $loop ) = ( Aura::Users->new, Aura::Users::Queue->new, IO::Async::Loop->new );
    $loop->watch_io( handle => $queue->handle, on_read_ready => sub { $queue->dispatch } );

    sub get_user ($name) {
        my $future = $loop->new_future;
        $queue->add( $client->start_get_user($name),
            sub ($call) { $call->error ? $future->fail( $call->error ) : $future->done( $call->result ) } );
        return $future;
    }
    say get_user('ericmj')->get->username;

=head2 AnyEvent

    use AnyEvent;
    use Aura::Users;

    my ( $queue, $done ) = ( Aura::Users::Queue->new, AnyEvent->condvar );
    my $watcher = AnyEvent->io( fh => $queue->handle, poll => 'r', cb => sub { $queue->dispatch } );
    $queue->add( Aura::Users->new->start_get_user('ericmj'), sub ($call) { $done->send($call) } );
    say $done->recv->result->username;

=cut
