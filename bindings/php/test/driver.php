<?php

/*
 * The driver of the conformance cases:
 *
 *     aura-replay drive php test/driver.php AUTOLOAD
 */

declare(strict_types=1);

namespace AuraUsers\Test;

use AuraUsers\Client;
use AuraUsers\Exception\AuraException;
use AuraUsers\Log;
use AuraUsers\Scheduler;
use AuraUsers\Task;
use AuraUsers\User;
use Psr\Log\AbstractLogger;

require $argv[1];

/** Runs one command. */
final class Driver
{
    /** @param array<string, mixed> $command */
    public function __construct(private readonly array $command)
    {
    }

    /** @return array<string, mixed> */
    public function answer(): array
    {
        $lines = [];
        if ($this->command['log'] ?? false) {
            $this->logInto($lines);
        }
        try {
            $client = new Client($this->command['options']);
            $result = isset($this->command['times']) ? $this->runMany($client) : $this->runOnce($client);
        } catch (AuraException $e) {
            $result = ['error' => $e];
        } finally {
            Log::off();
        }
        return ['id' => $this->command['id'], ...$result, 'log' => $lines];
    }

    /** @return array<string, mixed> */
    private function runOnce(Client $client): array
    {
        if ($this->command['operation'] === 'stream_audit_logs') {
            return $this->runStream($client);
        }
        try {
            $user = $this->runWithLimit(fn () => $this->call($client));
        } catch (AuraException $e) {
            return ['error' => $e];
        }
        return $user === null ? ['ok_empty' => true] : ['ok' => $user->rawJson];
    }

    private function call(Client $client): ?User
    {
        $args = $this->command['args'];
        switch ($this->command['operation']) {
            case 'create_user':
                return $client->createUser($args['username'], $args['password'], $args['emails']);
            case 'get_current_user':
                return $client->getCurrentUser();
            case 'get_user':
                return $client->getUser($args['username_or_email']);
            default:
                $client->resetUserPassword($args['username_or_email']);
                return null;
        }
    }

    /** @return array<string, mixed> */
    private function runStream(Client $client): array
    {
        $logs = $client->streamAuditLogs();
        $answer = ['ok_rows' => [], 'errors' => []];
        while (true) {
            try {
                $this->runWithLimit(static function () use ($logs, &$answer): void {
                    foreach ($logs as $log) {
                        $answer['ok_rows'][] = $log->rawJson;
                    }
                });
                return $answer;
            } catch (AuraException $e) {
                if (!($this->command['resume'] ?? false) || count($answer['errors']) === 10) {
                    return [...$answer, 'error' => $e];
                }
                $answer['errors'][] = $e;
            }
        }
    }

    /** Runs the work. If the command has a time, a timer ends the task. */
    private function runWithLimit(callable $work): mixed
    {
        $milliseconds = $this->command['cancel_after_ms'] ?? $this->command['deadline_ms'] ?? null;
        if ($milliseconds === null) {
            return $work();
        }
        $scheduler = new Scheduler();
        $task = $scheduler->spawn($work);
        $this->endLater($scheduler, $task, $milliseconds);
        return $task->await();
    }

    private function endLater(Scheduler $scheduler, Task $task, int $milliseconds): void
    {
        $end = isset($this->command['deadline_ms']) ? $task->expire(...) : $task->cancel(...);
        $scheduler->after($milliseconds / 1000, $end);
    }

    /** @return array<string, mixed> */
    private function runMany(Client $client): array
    {
        $kinds = [];
        $work = function () use ($client, &$kinds): void {
            try {
                $this->call($client);
                $kind = 'ok';
            } catch (AuraException $e) {
                $kind = $e->kind;
            }
            $kinds[$kind] = ($kinds[$kind] ?? 0) + 1;
        };
        if ($this->command['at_once'] ?? false) {
            $scheduler = new Scheduler();
            for ($i = 0; $i < $this->command['times']; $i++) {
                $task = $scheduler->spawn($work);
                if (isset($this->command['cancel_after_ms'])) {
                    $this->endLater($scheduler, $task, $this->command['cancel_after_ms']);
                }
            }
            $scheduler->run();
        } else {
            for ($i = 0; $i < $this->command['times']; $i++) {
                $work();
            }
        }
        return ['outcomes' => $kinds];
    }

    /** @param list<string> $lines */
    private function logInto(array &$lines): void
    {
        Log::to(new class ($lines) extends AbstractLogger {
            /** @param list<string> $lines */
            public function __construct(private array &$lines)
            {
            }

            public function log($level, $message, array $context = []): void
            {
                $this->lines[] = (string) $message;
            }
        });
    }
}

Log::off();
while (($line = fgets(STDIN)) !== false) {
    $command = json_decode($line, true, 100_000, JSON_THROW_ON_ERROR);
    // The child prints the answer that its parent waits for.
    $child = ($command['fork'] ?? false) ? pcntl_fork() : 0;
    if ($child > 0) {
        pcntl_waitpid($child, $status);
        continue;
    }
    $answer = (new Driver($command))->answer() + ['pid' => getmypid()];
    fwrite(STDOUT, json_encode($answer, JSON_THROW_ON_ERROR) . "\n");
    if ($command['fork'] ?? false) {
        exit(0);
    }
}
