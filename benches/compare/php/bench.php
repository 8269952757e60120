<?php

/*
 * Measures the job of a program, and prints the line of JSON.
 * Usage: PROGRAM JOB URL COUNT WARM_UP. It runs the job's operation WARM_UP times, then measures COUNT more runs.
 */

declare(strict_types=1);

namespace AuraUsers\Bench;

/** Counts the rows that were read. compare.py checks that all programs read the same rows. */
final class Seen
{
    public int $rows = 0;
    public int $checksum = 0;
}

/** Returns the CPU time of this process in microseconds. */
function cpu(): float
{
    $usage = getrusage() ?: [];
    return ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1e6
        + $usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec'];
}

function memory(string $field): int
{
    preg_match("/^$field:\s*(\d+)/m", (string) file_get_contents('/proc/self/status'), $found);
    return (int) ($found[1] ?? 0);
}

/** @param callable(string): array<string, callable(Seen): void> $jobs returns the jobs for a server's URL */
function measure(callable $jobs): void
{
    [, $job, $url, $count, $warmUp] = $GLOBALS['argv'];
    $operation = $jobs($url)[$job];
    for ($i = 0; $i < (int) $warmUp; $i++) {
        $operation(new Seen());
    }
    $seen = new Seen();
    $latencies = [];
    $cpu = cpu();
    $start = $last = hrtime(true);
    for ($i = 0; $i < (int) $count; $i++) {
        $operation($seen);
        $now = hrtime(true);
        $latencies[] = $now - $last;
        $last = $now;
    }
    $used = cpu() - $cpu;
    sort($latencies);
    echo json_encode([
        'count' => (int) $count,
        'rows' => $seen->rows,
        'checksum' => $seen->checksum,
        'cpu_us' => $used,
        'wall_us' => ($last - $start) / 1000,
        'p50_us' => $latencies[intdiv((int) $count, 2)] / 1000,
        'p99_us' => $latencies[intdiv((int) $count * 99, 100)] / 1000,
        'rss_kb' => memory('VmRSS'),
        'peak_kb' => memory('VmHWM'),
    ]), "\n";
}
