package Bench;

# Measures the job of a program, and prints the line of JSON.
# Usage: PROGRAM JOB URL COUNT WARM_UP [OPTION VALUE]... It runs the operation WARM_UP times, then measures COUNT runs.

use v5.36;

use JSON::PP    ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID);

# Runs a job of %jobs. Its argument is a hash; it adds to the members rows and checksum.
sub run (%jobs) {
    my ( $job, $url, $count, $warm_up ) = @ARGV;
    my $operation = $jobs{$job} // die "unknown job: $job\n";
    $operation->( {} ) for 1 .. $warm_up;

    my %seen = ( rows => 0, checksum => 0 );
    my @latencies;
    my ( $cpu, $start ) = map { clock_gettime($_) } CLOCK_PROCESS_CPUTIME_ID, CLOCK_MONOTONIC;
    my $last = $start;
    for ( 1 .. $count ) {
        $operation->( \%seen );
        my $now = clock_gettime(CLOCK_MONOTONIC);
        push @latencies, $now - $last;
        $last = $now;
    }
    $cpu       = clock_gettime(CLOCK_PROCESS_CPUTIME_ID) - $cpu;
    @latencies = sort { $a <=> $b } @latencies;
    print JSON::PP->new->canonical->encode(
        {
            count => $count + 0,
            %seen,
            cpu_us  => $cpu * 1e6,
            wall_us => ( $last - $start ) * 1e6,
            p50_us  => $latencies[ $count / 2 ] * 1e6,
            p99_us  => $latencies[ $count * 99 / 100 ] * 1e6,
            rss_kb  => _memory_kb('VmRSS'),
            peak_kb => _memory_kb('VmHWM'),
        }
        ),
        "\n";
    return;
}

sub _memory_kb ($field) {
    open my $file, '<', '/proc/self/status' or die "/proc/self/status: $!\n";
    my $status = do { local $/ = undef; <$file> };
    close $file;
    return $1 + 0 if $status =~ / ^ \Q$field\E : \s+ (\d+) /xm;
    die "/proc/self/status has no $field\n";
}

1;
