<?php

declare(strict_types=1);

namespace AuraUsers\Test;

use AuraUsers\Client;
use AuraUsers\Exception\ApiException;
use AuraUsers\Exception\AuthenticationException;
use AuraUsers\Exception\ConnectException;
use AuraUsers\Exception\DecodeException;
use AuraUsers\Exception\InvalidArgumentException;
use AuraUsers\Exception\NotFoundException;
use AuraUsers\Exception\ValidationException;
use AuraUsers\Log;
use AuraUsers\Package;
use AuraUsers\Scheduler;
use AuraUsers\User;
use Psr\Log\AbstractLogger;

use function AuraUsers\getUser;
use function AuraUsers\streamAuditLogs;

/** The five functions, their arguments and their errors. */
final class CallsTest extends AuraTestCase
{
    public function testPublicRecord(): void
    {
        $user = self::client()->getUser('eric');
        $packages = array_map(static fn (Package $package) => $package->name, $user->packages);
        sort($packages);
        self::assertSame(['eric', 'Éric', ['decimal', 'ecto']], [$user->username, $user->fullName, $packages]);
        self::assertSame('hexpm', $user->packages[0]->repository);
        self::assertSame(['GitHub' => 'https://github.com/ericmj'], $user->handles);
        self::assertNull($user->organizations);
        self::assertSame('UTC', $user->insertedAt->getTimezone()->getName());
        self::assertEqualsWithDelta(time(), $user->insertedAt->getTimestamp(), 3600);
    }

    public function testCurrentUser(): void
    {
        $user = self::client()->getCurrentUser();
        self::assertSame(['eric', []], [$user->username, $user->organizations]);
    }

    public function testAnAccountIsCreatedOnce(): void
    {
        $create = static fn () => self::client()->createUser('newcomer', 'a long password', ['newcomer@example.com']);
        self::assertSame('newcomer', $create()->username);
        $error = self::assertFails(ValidationException::class, $create);
        self::assertSame('has already been taken', $error->errors['username']);
        self::assertSame(
            ['validation', 26, 422, 'POST', '/users', 1, false, false],
            [$error->kind, $error->getCode(), $error->status, $error->method, $error->route, $error->attempts,
                $error->outcomeUnknown, $error->retryable]
        );
        self::assertStringContainsString($error->serverMessage, $error->getMessage());
        self::assertSame('validation', json_decode((string) json_encode($error))->kind);
        self::assertStringNotContainsString('a long password', $error->getTraceAsString() . print_r($error, true));
    }

    public function testResetUserPassword(): void
    {
        self::anonymous()->resetUserPassword('eric');
        $mails = self::sandbox()->admin('/mailbox', null);
        self::assertContains('eric@example.com', array_column($mails, 'to'));
    }

    public function testFunctionsOfTheNamespace(): void
    {
        $url = self::sandbox()->apiUrl;
        self::assertSame('eric', getUser('eric', ['repo_url' => $url])->username);
        $logs = streamAuditLogs(['repo_url' => $url, 'api_key' => Sandbox::KEY, 'env' => false]);
        self::assertCount(Sandbox::ROWS, iterator_to_array($logs));
        // A change of the environment applies to the next call.
        putenv("HEX_API_URL=$url");
        try {
            self::assertSame('eric', getUser('eric')->username);
        } finally {
            putenv('HEX_API_URL');
        }
    }

    public function testWithOptions(): void
    {
        $client = self::client();
        $other = $client->withOptions(['api_key' => 'wrong', 'max_retries' => 0]);
        $error = self::assertFails(AuthenticationException::class, static fn () => $other->getCurrentUser());
        self::assertSame(['unauthenticated', 401], [$error->kind, $error->status]);
        self::assertSame('invalid_credential', $error->reason);
        self::assertSame('eric', $other->getCurrentUser(['api_key' => Sandbox::KEY])->username);
        // null means not set.
        $same = $other->withOptions(['api_key' => null]);
        self::assertFails(AuthenticationException::class, static fn () => $same->getCurrentUser());
        self::assertFails(AuthenticationException::class, static fn () => $other->getCurrentUser(['api_key' => null]));
        self::assertStringNotContainsString('wrong', print_r($other, true));
    }

    public function testUserThatDoesNotExist(): void
    {
        $error = self::assertFails(ApiException::class, static fn () => self::client()->getUser('nobody'));
        self::assertInstanceOf(NotFoundException::class, $error);
        self::assertSame(['not_found', 404, 'GET'], [$error->kind, $error->status, $error->method]);
    }

    public function testServerThatIsNotThere(): void
    {
        $options = ['repo_url' => 'http://127.0.0.1:1/api', 'max_retries' => 0];
        $error = self::assertFails(ConnectException::class, static fn () => self::client()->getUser('eric', $options));
        self::assertSame([null, 0, true], [$error->status, $error->attempts, $error->retryable]);
    }

    /** @dataProvider badCalls */
    public function testAnErrorNamesTheBadArgument(callable $call, string $words): void
    {
        $error = self::assertFails(InvalidArgumentException::class, static fn () => $call(self::client()));
        self::assertStringContainsString($words, $error->getMessage());
        self::assertSame(['invalid_argument', 10, 0], [$error->kind, $error->getCode(), $error->attempts]);
    }

    /** @dataProvider secretCalls */
    public function testNoErrorContainsASecret(string $call): void
    {
        // PHP writes the arguments of functions into a trace only if php.ini allows it.
        [$output] = self::runPhp(<<<PHP
            use AuraUsers\\Client;
            use AuraUsers\\Scheduler;

            const URL = ['repo_url' => 'http://127.0.0.1:1', 'max_retries' => 0];
            \$client = new Client(URL);
            \$scheduler = new Scheduler();
            try {
                $call
            } catch (AuraUsers\\Exception\\AuraException \$e) {
                echo str_contains(print_r(\$e, true) . \$e, 'SECRET') ? print_r(\$e, true) : 'no secret';
                echo ', ', unserialize(serialize(\$e))->getMessage() === \$e->getMessage() ? 'same' : 'other';
            }
            PHP, '', ['-d', 'zend.exception_ignore_args=0']);
        self::assertSame('no secret, same', $output);
    }

    /** @return iterable<array{string}> */
    public function secretCalls(): iterable
    {
        // A refused option, a connection that fails, a text with a NUL.
        $all = ['["api_key" => "SECRET\n"]', '["otp" => "SECRET\n"]', '["api_key" => "SECRET\0"]',
            '["env" => "SECRET"]', '["SECRET" => "SECRET"]', '["api_key" => "SECRET", "otp" => "SECRET"] + URL'];
        foreach ($all as $options) {
            yield ["(new Client($options))->getCurrentUser();"];
            foreach (['withOptions', 'getCurrentUser', 'streamAuditLogs'] as $method) {
                yield ["\$client->$method($options + ['timeout' => -1]);"];
            }
            foreach (['getUser("e",', 'resetUserPassword("e",', 'createUser("e", "SECRET", ["a@b.c"],'] as $start) {
                yield ["\$client->$start $options);"];
                yield ["AuraUsers\\$start $options + URL);"];
            }
            yield ["\$client->rateLimit($options + ['timeout' => -1]);"];
            yield ["\$client->streamAuditLogs($options + ['timeout' => -1])->next();"];
        }
        foreach (['SECRET', "SECRET\\0"] as $password) {
            $create = "\$client->createUser('e', \$p, ['a@b.c'])";
            $start = "\$p = \"$password\"; \$create = fn () => $create; ";
            yield ["\$client->createUser('e', \"$password\", ['a@b.c']);"];
            yield ["\$client->createUser('e', \"$password\", ['a@b.c', 7]);"];
            yield ["AuraUsers\\createUser('e', \"$password\", ['a@b.c'], URL);"];
            yield ["$start \$scheduler->spawn(\$create)->await();"];
            yield ["\$scheduler->spawn(fn (#[SensitiveParameter] \$p) => $create, \"$password\")->await();"];
            yield ["$start \$scheduler->all([\$create]);"];
            yield ["$start \$scheduler->spawn(\$create); \$scheduler->run();"];
            yield ["$start \$scheduler->after(0, \$create); \$scheduler->tick();"];
            yield ["$start \$scheduler->spawn(fn () => 1)->onDone(\$create);"];
            yield ["$start \$scheduler->after(9, \$create);
                \$scheduler->spawn(fn () => 1)->onDone(fn (\$task) => \$client->getUser(''));"];
            yield ["$start \$task = \$scheduler->spawn(fn () => \$scheduler->all([\$create])); \$task->await();"];
        }
    }

    public function testEveryErrorHasAllFields(): void
    {
        $native = self::assertFails(InvalidArgumentException::class, static fn () => self::client()->getUser(''));
        $errors = [
            'invalid_argument' => self::assertFails(
                InvalidArgumentException::class,
                static fn () => self::client()->getUser("\0")
            ),
            'decode' => self::assertFails(DecodeException::class, static fn () => (new User('3'))->username),
        ];
        foreach ($errors as $kind => $error) {
            $fields = json_decode((string) json_encode($error), true);
            self::assertSame(array_keys($native->jsonSerialize()), array_keys($fields));
            $known = array_filter($fields, static fn (mixed $value): bool => $value !== null);
            self::assertSame(['attempts' => 0, 'code' => $error->getCode(), 'kind' => $kind,
                'message' => $error->serverMessage, 'outcome_unknown' => false, 'retryable' => false,
                'text' => "$kind: {$error->serverMessage}"], $known);
        }
    }

    /** @return array<string, array{callable, string}> */
    public function badCalls(): array
    {
        return [
            'NUL in a username' => [static fn (Client $c) => $c->getUser("a\0b"), 'username_or_email contains a NUL'],
            'invalid UTF-8' => [static fn (Client $c) => $c->getUser("\xff"), 'UTF-8'],
            'NUL in a password' => [
                static fn (Client $c) => $c->createUser('a', "b\0", ['c@d']),
                'password contains a NUL',
            ],
            'an int as address' => [
                static fn (Client $c) => $c->createUser('a', 'b', [7]),
                'emails must contain only strings, not int',
            ],
            'two addresses' => [static fn (Client $c) => $c->createUser('a', 'b', ['c@d', 'e@f']), 'emails'],
        ];
    }

    public function testClosedClient(): void
    {
        $client = self::anonymous();
        $client->close();
        $client->close();
        self::assertTrue($client->isClosed());
        $error = self::assertFails(InvalidArgumentException::class, static fn () => $client->getUser('eric'));
        self::assertStringContainsString('the client is closed', $error->getMessage());
    }

    public function testRateLimit(): void
    {
        self::assertNull(self::client()->rateLimit());
        $sandbox = new Sandbox('--rate-limit-loopback');
        try {
            $client = new Client(['repo_url' => $sandbox->apiUrl]);
            $limit = null;
            // The limit's minute may end before rateLimit().
            for ($i = 0; $i < 3 && ($limit?->resetsIn ?? 0) <= 0; $i++) {
                self::assertFails(NotFoundException::class, static fn () => $client->getUser('nobody'));
                $limit = $client->rateLimit();
            }
            self::assertSame([100, 99], [$limit->limit, $limit->remaining]);
            self::assertGreaterThan(0, $limit->resetsIn);
        } finally {
            $sandbox->stop();
        }
    }

    public function testLogLines(): void
    {
        $logger = new class extends AbstractLogger {
            /** @var list<array{mixed, string, array<mixed>}> */
            public array $lines = [];

            public function log($level, $message, array $context = []): void
            {
                $this->lines[] = [$level, (string) $message, $context];
            }
        };
        Log::to($logger);
        self::client()->getUser('eric');
        [$level, $text, $context] = $logger->lines[0];
        self::assertSame('debug', $level);
        self::assertStringContainsString('GET /users/{username_or_email}: request (attempt 1, status 200', $text);
        self::assertSame(200, $context['status']);
        $logger->lines = [];
        Log::to($logger, 'warning');
        self::client()->getUser('eric');
        self::assertSame([], $logger->lines);
        self::assertFails(InvalidArgumentException::class, static fn () => Log::to($logger, 'loud'));
    }

    public function testALoggerThatMakesCallsIsNotCalledInsideItself(): void
    {
        $logger = new class (self::client()) extends AbstractLogger {
            public int $lines = 0;
            public int $depth = 0;
            public int $deepest = 0;

            public function __construct(private readonly Client $client)
            {
            }

            public function log($level, $message, array $context = []): void
            {
                $this->deepest = max($this->deepest, ++$this->depth);
                if ($this->lines++ < 10) {
                    $this->client->getUser('eric');
                }
                $this->depth--;
            }
        };
        Log::to($logger);
        self::client()->getUser('eric');
        self::assertSame(1, $logger->deepest);
        $seen = $logger->lines;
        self::client()->getUser('eric');
        self::assertGreaterThan($seen + 1, $logger->lines);
    }

    public function testALoggerThatMakesCallsGetsTheLinesOfAllTasks(): void
    {
        $client = self::client();
        $logger = new class ($client) extends AbstractLogger {
            public int $lines = 0;

            public function __construct(private readonly Client $client)
            {
            }

            public function log($level, $message, array $context = []): void
            {
                if ($this->lines++ < 3) {
                    $this->client->getUser('eric');
                }
            }
        };
        Log::to($logger);
        (new Scheduler())->all(array_fill(0, 10, static fn () => $client->getUser('eric')));
        self::assertGreaterThanOrEqual(10, $logger->lines);
    }

    public function testALoggerThatTurnsTheLogOffGetsNoFurtherLine(): void
    {
        $logger = new class extends AbstractLogger {
            public int $lines = 0;

            public function log($level, $message, array $context = []): void
            {
                $this->lines++;
                Log::off();
            }
        };
        Log::to($logger);
        $file = (string) tempnam(sys_get_temp_dir(), 'log');
        $old = ini_set('error_log', $file);
        try {
            $client = new Client(['repo_url' => 'http://127.0.0.1:1', 'max_retries' => 1]);
            self::assertFails(ConnectException::class, static fn () => $client->getUser('eric'));
            self::assertSame(1, $logger->lines);
            self::assertSame('', file_get_contents($file));
        } finally {
            ini_set('error_log', (string) $old);
            unlink($file);
        }
    }

    public function testALoggerThatFails(): void
    {
        Log::to(new class extends AbstractLogger {
            public function log($level, $message, array $context = []): void
            {
                throw new \RuntimeException('full');
            }
        });
        $file = (string) tempnam(sys_get_temp_dir(), 'log');
        $old = ini_set('error_log', $file);
        try {
            self::assertSame('eric', self::client()->getUser('eric')->username);
            self::assertStringContainsString('the logger failed: full', (string) file_get_contents($file));
        } finally {
            ini_set('error_log', (string) $old);
            unlink($file);
        }
    }
}
