<?php

declare(strict_types=1);

namespace AuraUsers\Test;

use AuraUsers\AuditLog;
use AuraUsers\Client;
use AuraUsers\Exception\AuraException;
use AuraUsers\Exception\ConnectException;
use AuraUsers\Exception\DecodeException;
use AuraUsers\Exception\InvalidArgumentException;
use AuraUsers\Internal\Native;
use AuraUsers\Internal\OptionTable;
use AuraUsers\Scheduler;
use AuraUsers\User;
use AuraUsers\Version;

/** The options, and the tables generated from the library's description. */
final class OptionsTest extends AuraTestCase
{
    /** @dataProvider refusals */
    public function testAnErrorNamesTheBadOption(string $name, mixed $value, string $words): void
    {
        $error = self::assertFails(InvalidArgumentException::class, static fn () => new Client([$name => $value]));
        self::assertStringContainsString($words, $error->getMessage());
    }

    /** @return array<int, array{string, mixed, string}> */
    public function refusals(): array
    {
        return [
            ['timout', 3, 'unknown option "timout". Did you mean `timeout`?'],
            ['maxRetries', 3, 'Did you mean `max_retries`?'],
            ['0f1e2d3c4b5a', 3, 'unknown option. The options are repo_url, api_key'],
            ['timeout', '3', 'timeout is of type string; allowed: seconds'],
            ['timeout', 0, 'timeout is "0"'],
            ['timeout', NAN, 'timeout is "NAN"'],
            ['page', 1.0, 'page is of type float; allowed: a whole number'],
            ['env', 'false', 'env is of type string; allowed: true'],
            ['rate_limit', 'maybe', 'rate_limit is "maybe"'],
            ['api_key', 7, 'api_key is of type int'],
            ['user_agent', "a\0b", 'user_agent contains a NUL'],
        ];
    }

    public function testValuesOfAllTypes(): void
    {
        $url = new class (self::sandbox()->apiUrl) {
            public function __construct(private readonly string $url)
            {
            }

            public function __toString(): string
            {
                return $this->url;
            }
        };
        $client = new Client(['timeout' => 1 / 3 + 1, 'total_timeout' => 10 ** 7, 'connect_timeout' => 1e-3 + 1,
            'rate_limit' => 'error', 'cache' => 3, 'ca_file' => new \SplFileInfo('/nowhere.pem'), 'proxy' => null,
            'allow_insecure_http' => true, 'repo_url' => $url]);
        self::assertSame('eric', $client->getUser('eric')->username);
    }

    public function testEnvIsAnOptionOfAClientOnly(): void
    {
        $calls = [
            static fn () => self::client()->getUser('eric', ['env' => false]),
            static fn () => self::client()->withOptions(['env' => false]),
        ];
        foreach ($calls as $call) {
            $error = self::assertFails(InvalidArgumentException::class, $call);
            self::assertStringContainsString('env is an option of a client, not of a call', $error->getMessage());
        }
    }

    public function testTheUserAgentNamesThePackage(): void
    {
        $server = stream_socket_server('tcp://127.0.0.1:0');
        $url = 'http://' . stream_socket_get_name($server, false);
        $scheduler = new Scheduler();
        $client = self::client(['max_retries' => 0, 'repo_url' => $url]);
        $task = $scheduler->spawn(static fn () => $client->getUser('eric'));
        $socket = stream_socket_accept($server, self::PATIENCE);
        $head = '';
        while (!str_contains($head, "\r\n\r\n")) {
            $head .= fread($socket, 4096);
        }
        fclose($socket);
        fclose($server);
        self::assertMatchesRegularExpression(
            '~^user-agent: aura-users/\S+ \(aura-users-php/' . Version::NUMBER . ' PHP/8\.\S+\)~mi',
            $head
        );
        self::assertFails(ConnectException::class, static fn () => $task->await());
    }

    public function testTheTablesMatchTheDescription(): void
    {
        $file = (string) getenv('AURA_USERS_DESCRIPTION');
        if ($file === '') {
            self::markTestSkipped('AURA_USERS_DESCRIPTION does not name aura_users.json');
        }
        $description = json_decode((string) file_get_contents($file), true);
        foreach ($description['options'] as $option) {
            $ours = OptionTable::OPTIONS[$option['name']];
            $described = array_intersect_key($option, $ours);
            self::assertSame($described, array_replace($described, $ours));
        }
        $names = static fn (array $list): array => array_column($list, 'name');
        self::assertSame($names($description['options']), array_keys(OptionTable::OPTIONS));
        self::assertSame($names($description['error_kinds']), array_keys(AuraException::KINDS));
        self::assertSame($names($description['records']['user']), array_values(User::NAMES));
        self::assertSame($names($description['records']['audit_log']), array_values(AuditLog::NAMES));
        self::assertSame($description['library']['version'], Version::NUMBER);
        $statuses = (new \ReflectionClass(Native::class))->getConstants(\ReflectionClassConstant::IS_PUBLIC);
        self::assertSame(['OK' => 0, 'END' => 1, 'PENDING' => 2], $statuses);
    }

    public function testEveryKindHasItsNumber(): void
    {
        $file = (string) getenv('AURA_USERS_DESCRIPTION');
        if ($file === '') {
            self::markTestSkipped('AURA_USERS_DESCRIPTION does not name aura_users.json');
        }
        foreach (json_decode((string) file_get_contents($file), true)['error_kinds'] as $kind) {
            $json = json_encode(['kind' => $kind['name'], 'code' => $kind['number'], 'text' => 'x']);
            $error = AuraException::fromJson((string) $json);
            self::assertSame(AuraException::KINDS[$kind['name']], $error::class);
            self::assertSame($kind['number'], $error->getCode());
        }
        self::assertSame(10, InvalidArgumentException::because('x')->getCode());
        self::assertSame(60, DecodeException::because('x')->getCode());
    }
}
