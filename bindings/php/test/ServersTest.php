<?php

declare(strict_types=1);

namespace AuraUsers\Test;

/** php-fpm, php-cgi and PHP's own web server. They need preload.php or ffi.enable = true. */
final class ServersTest extends AuraTestCase
{
    private static ?string $header = null;

    private ?Fpm $fpm = null;

    protected function tearDown(): void
    {
        $this->fpm?->stop();
    }

    /**
     * @param array<string, string> $settings
     * @param array<string, string> $pool
     */
    private function fpm(array $settings, array $pool = []): Fpm
    {
        $program = Fpm::program() ?? self::markTestSkipped('php-fpm is missing');
        return $this->fpm = new Fpm($program, $settings, $pool);
    }

    /** @return array<string, string> */
    private static function preloading(): array
    {
        $settings = ['ffi.enable' => 'preload', 'opcache.preload' => self::package() . '/preload.php',
            'opcache.enable' => '1', 'display_errors' => '1', 'html_errors' => '0'];
        if (posix_geteuid() === 0) {
            // php-fpm is usually started by root.
            self::$header ??= self::headerFile();
            $settings += ['opcache.preload_user' => 'root', 'ffi.preload' => self::$header];
        }
        return $settings;
    }

    private static function headerFile(): string
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'header');
        $program = dirname(self::autoload()) . '/bin/aura-users-header';
        exec(escapeshellarg(PHP_BINARY) . ' ' . escapeshellarg($program), $lines, $status);
        self::assertSame(0, $status);
        file_put_contents($file, implode("\n", $lines) . "\n");
        return $file;
    }

    public static function tearDownAfterClass(): void
    {
        self::$header === null || unlink(self::$header);
    }

    /** Returns the code of a page. */
    private static function page(string $code): string
    {
        $url = self::sandbox()->apiUrl;
        return 'require ' . var_export(self::autoload(), true) . ';'
            . "\$client = new AuraUsers\\Client(['repo_url' => '$url', 'api_key' => '" . Sandbox::KEY . "']); $code";
    }

    public function testPreloadedByFpm(): void
    {
        $fpm = $this->fpm(self::preloading(), ['pm.max_requests' => '3']);
        $page = self::page('$works = array_fill(0, 9, fn () => $client->getUser("eric"));
            echo $client->getUser("eric")->username, " ", iterator_count($client->streamAuditLogs()), " ",
                count((new AuraUsers\Scheduler())->all($works)), " ", getmypid();');
        $workers = [];
        for ($i = 0; $i < 10; $i++) {
            self::assertMatchesRegularExpression('/^eric 250 9 (\d+)$/', $output = $fpm->run($page), $fpm->log());
            $workers[substr($output, 11)] = true;
        }
        // php-fpm replaces a worker after three requests.
        self::assertGreaterThanOrEqual(3, count($workers));
        self::assertStringNotContainsString('WARNING', $fpm->log());
    }

    /** FFI::load() refuses to work with opcache.preload_user, which root needs. */
    public function testPreloadedByTheScriptAlone(): void
    {
        $settings = array_diff_key(self::preloading(), ['opcache.preload_user' => '', 'ffi.preload' => '']);
        $options = ['-d', 'opcache.enable_cli=1'];
        foreach ($settings as $name => $value) {
            array_push($options, '-d', "$name=$value");
        }
        $command = [PHP_BINARY, ...$options, '-r', self::page('echo $client->getUser("eric")->username;')
            . 'echo " ", isset(opcache_get_status()["preload_statistics"]) ? "preloaded" : "not preloaded";'];
        if (posix_geteuid() === 0) {
            $command = ['setpriv', '--reuid=65534', '--clear-groups', ...$command];
            exec('setpriv --reuid=65534 --clear-groups test -r ' . escapeshellarg(self::package() . '/preload.php')
                . ' -a -r ' . escapeshellarg((string) getenv('AURA_USERS_LIBRARY')) . ' 2>&1', $_, $status);
            if ($status !== 0) {
                self::markTestSkipped('root cannot preload this way, and other users cannot read the library');
            }
        }
        $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes);
        self::assertSame('eric preloaded', stream_get_contents($pipes[1]));
        proc_close($process);
    }

    public function testOtherScriptsCannotUseTheLibrary(): void
    {
        $fpm = $this->fpm(self::preloading());
        $code = 'try { FFI::scope("AURA_USERS"); echo "open"; } catch (FFI\Exception) { echo "closed"; }';
        self::assertSame('closed', $fpm->run($code));
    }

    public function testTheSettingsThatFpmNeeds(): void
    {
        $settings = ['ffi.enable' => 'preload', 'display_errors' => '1', 'html_errors' => '0'];
        $output = $this->fpm($settings)->run(self::page(''));
        self::assertStringContainsString('AuraUsers\Exception\LibraryException', $output);
        self::assertStringContainsString('so fpm-fcgi may not use the C library. Set ffi.enable = preload', $output);
        self::assertStringContainsString('opcache.preload = ' . self::package() . '/preload.php', $output);
    }

    /** @dataProvider ends */
    public function testAWorkerKeepsNoDescriptorAndNoThread(string $end, int $times = 100): void
    {
        $fpm = $this->fpm(self::preloading());
        $page = self::page('$logs = $client->streamAuditLogs(["prefetch" => 0]); $logs->next();
            $scheduler = new AuraUsers\Scheduler();
            $scheduler->spawn(function () use ($client) { $client->getUser("eric"); $client->getUser("eric"); });
            $other = new AuraUsers\Client(["repo_url" => "' . self::silentUrl() . '", "max_retries" => 0]);
            $scheduler->spawn(fn () => $other->getUser("eric"));
            $GLOBALS["kept"] = [$client, $logs, $scheduler, $other];' . $end);
        $look = 'preg_match("/^Threads:\s*(\d+)/m", file_get_contents("/proc/self/status"), $found);
            echo json_encode([count(scandir("/proc/self/fd")), (int) $found[1], getmypid()]);';
        for ($i = 0; $i < 3; $i++) {
            $fpm->run($page);
        }
        $before = json_decode($fpm->run($look));
        for ($i = 0; $i < $times; $i++) {
            $fpm->run($page);
        }
        // A thread that was told to end may need some time.
        for ($i = 0; ($after = json_decode($fpm->run($look)))[1] > $before[1] && $i < 100; $i++) {
            usleep(100_000);
        }
        self::assertSame($before[2], $after[2], 'the worker was replaced');
        self::assertLessThanOrEqual(2, $after[0] - $before[0], 'descriptors');
        self::assertLessThanOrEqual(0, $after[1] - $before[1], 'threads');
    }

    /** @return array<string, array{0: string, 1?: int}> */
    public function ends(): array
    {
        return [
            'the end' => [''],
            'exit()' => ['exit(1);'],
            'an exception' => ['throw new LogicException("uncaught");'],
            'a fatal error' => ['undefined();'],
            'no memory' => ['ini_set("memory_limit", "16M"); $text = str_repeat("x", 1 << 26);'],
            'no time' => ['set_time_limit(1); for ($i = 0; ; $i++) { $i % 1_000_000 || $client->getUser("eric"); }', 5],
        ];
    }

    public function testCgi(): void
    {
        $program = '/usr/bin/php-cgi' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
        if (!is_executable($program)) {
            self::markTestSkipped("$program is missing");
        }
        $script = (string) tempnam(sys_get_temp_dir(), 'page');
        file_put_contents($script, '<?php ' . self::page('echo $client->getUser("eric")->username;'));
        $environment = ['SCRIPT_FILENAME' => $script, 'REQUEST_METHOD' => 'GET', 'REDIRECT_STATUS' => '1',
            'GATEWAY_INTERFACE' => 'CGI/1.1', 'AURA_USERS_LIBRARY' => (string) getenv('AURA_USERS_LIBRARY')];
        $settings = [];
        foreach (self::preloading() as $name => $value) {
            array_push($settings, '-d', "$name=$value");
        }
        foreach ([[$settings, '~\r\n\r\neric$~'], [[], '~may not use the C library~']] as [$options, $expected]) {
            $command = [$program, '-d', 'display_errors=1', ...$options];
            $files = [['file', '/dev/null', 'r'], ['pipe', 'w'], ['redirect', 1]];
            $process = proc_open($command, $files, $pipes, null, $environment);
            self::assertMatchesRegularExpression($expected, (string) stream_get_contents($pipes[1]));
            proc_close($process);
        }
        unlink($script);
    }

    public function testPhpsOwnServer(): void
    {
        $folder = sys_get_temp_dir() . '/aura-web-' . bin2hex(random_bytes(6));
        mkdir($folder);
        file_put_contents("$folder/index.php", '<?php ' . self::page('echo $client->getUser("eric")->username;'));
        $free = stream_socket_server('tcp://127.0.0.1:0');
        $address = stream_socket_get_name($free, false);
        fclose($free);
        $settings = [];
        foreach (self::preloading() as $name => $value) {
            array_push($settings, '-d', "$name=$value");
        }
        $command = [PHP_BINARY, ...$settings, '-S', $address, '-t', $folder];
        $null = ['file', '/dev/null', 'a'];
        $process = proc_open($command, [['file', '/dev/null', 'r'], $null, $null], $pipes);
        try {
            for ($i = 0; $i < 600 && ($output = @file_get_contents("http://$address/")) === false; $i++) {
                usleep(100_000);
            }
            self::assertSame('eric', $output);
        } finally {
            proc_terminate($process);
            proc_close($process);
            unlink("$folder/index.php");
            rmdir($folder);
        }
    }
}
