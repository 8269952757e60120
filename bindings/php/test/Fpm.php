<?php

declare(strict_types=1);

namespace AuraUsers\Test;

/** A php-fpm with one worker, and a FastCGI client for it. */
final class Fpm
{
    private readonly string $folder;
    /** @var resource */
    private $process;

    /**
     * @param array<string, string> $settings for php.ini
     * @param array<string, string> $pool for the pool
     */
    public function __construct(private readonly string $program, array $settings, array $pool = [])
    {
        $this->folder = sys_get_temp_dir() . '/aura-fpm-' . bin2hex(random_bytes(6));
        mkdir($this->folder, 0700);
        $lines = ['[global]', "error_log = {$this->folder}/log", 'daemonize = no', '[www]'];
        $pool += ['listen' => "{$this->folder}/socket", 'pm' => 'static', 'pm.max_children' => '1',
            'clear_env' => 'no', 'catch_workers_output' => 'yes'];
        if (posix_geteuid() === 0) {
            $pool += ['user' => 'root', 'group' => 'root'];
        }
        foreach ($pool as $name => $value) {
            $lines[] = "$name = $value";
        }
        file_put_contents("{$this->folder}/conf", implode("\n", $lines) . "\n");
        $command = [$this->program, '-F', '-R', '-y', "{$this->folder}/conf"];
        foreach ($settings as $name => $value) {
            array_push($command, '-d', "$name=$value");
        }
        $log = ['file', "{$this->folder}/output", 'a'];
        $process = proc_open($command, [['file', '/dev/null', 'r'], $log, $log], $pipes);
        $process !== false || throw new \RuntimeException("$program cannot be started");
        $this->process = $process;
        // The socket's file exists before php-fpm listens.
        for ($i = 0; ($socket = @stream_socket_client("unix://{$this->folder}/socket")) === false; $i++) {
            if ($i === 600 || !proc_get_status($process)['running']) {
                throw new \RuntimeException("php-fpm does not listen: {$this->log()}");
            }
            usleep(100_000);
        }
        fclose($socket);
    }

    public static function program(): ?string
    {
        $name = 'php-fpm' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
        foreach ([...explode(':', (string) getenv('PATH')), '/usr/sbin'] as $folder) {
            if (is_executable("$folder/$name")) {
                return "$folder/$name";
            }
        }
        return null;
    }

    public function log(): string
    {
        return (string) @file_get_contents("{$this->folder}/log") . @file_get_contents("{$this->folder}/output");
    }

    /** Runs PHP code in the worker, and returns its output. */
    public function run(string $code): string
    {
        $script = "{$this->folder}/" . md5($code) . '.php';
        file_put_contents($script, "<?php $code");
        $parameters = '';
        $all = ['SCRIPT_FILENAME' => $script, 'REQUEST_METHOD' => 'GET', 'GATEWAY_INTERFACE' => 'CGI/1.1'];
        foreach ($all as $name => $value) {
            $parameters .= chr(strlen($name)) . pack('N', strlen($value) | 0x80000000) . $name . $value;
        }
        $socket = stream_socket_client("unix://{$this->folder}/socket");
        stream_set_timeout($socket, 60);
        // The start of a request, its parameters, their end, and empty input.
        fwrite($socket, self::record(1, "\0\1\0\0\0\0\0\0") . self::record(4, $parameters) . self::record(4, '')
            . self::record(5, ''));
        $output = '';
        while (strlen($header = (string) stream_get_contents($socket, 8)) === 8) {
            [, $type, , $length, $padding] = array_values(unpack('Cversion/Ctype/nid/nlength/Cpadding', $header));
            $content = $length > 0 ? (string) stream_get_contents($socket, $length) : '';
            $padding > 0 && stream_get_contents($socket, $padding);
            $output .= $type === 6 ? $content : '';
            if ($type === 3) {
                break;
            }
        }
        fclose($socket);
        return explode("\r\n\r\n", $output, 2)[1] ?? $output;
    }

    public function stop(): void
    {
        proc_terminate($this->process, SIGTERM);
        proc_close($this->process);
        array_map(unlink(...), glob("{$this->folder}/*") ?: []);
        rmdir($this->folder);
    }

    private static function record(int $type, string $content): string
    {
        return pack('CCnnCC', 1, $type, 1, strlen($content), 0, 0) . $content;
    }
}
