<?php

/*
 * Runs the examples of the README and the tour on a sandbox. It answers the tour's question for a key:
 *
 *     php test/examples.php README.md tour.php
 */

declare(strict_types=1);

use AuraUsers\Test\Sandbox;

require 'vendor/autoload.php';

const EXPECTED = [
    '/\Aericmj Eric \d{4}-\d\d-\d\d\n\z/',
    '/\Aericmj: ecto\nkey\.generate \{.*\n(key\.generate \{.*\n){119}\z/',
    '/\Acreated newcomer\n\z/',
];

function expect(bool $condition, string $what): void
{
    $condition || throw new RuntimeException($what);
}

/**
 * @param list<string> $command
 * @param array<string, string> $environment
 * @param callable(resource, resource): string|null $talk its arguments are the program's input and output
 */
function run(array $command, array $environment, string $input = '', ?callable $talk = null): string
{
    $command = ['timeout', '300', PHP_BINARY, '-d', 'display_errors=stdout', '-d', 'error_reporting=-1', ...$command];
    $files = [['pipe', 'r'], ['pipe', 'w'], ['redirect', 1]];
    $process = proc_open($command, $files, $pipes, null, $environment + getenv());
    expect(is_resource($process), 'PHP cannot be started');
    $output = $talk === null ? '' : $talk($pipes[0], $pipes[1]);
    fwrite($pipes[0], $input);
    fclose($pipes[0]);
    $output .= stream_get_contents($pipes[1]);
    expect(proc_close($process) === 0, "a program failed: $output");
    return $output;
}

function runReadme(Sandbox $sandbox, string $path): void
{
    $sandbox->admin('/users', ['username' => 'ericmj', 'full_name' => 'Eric', 'packages' => ['ecto'],
        'emails' => [['e@example.com', true, true, true]]]);
    $sandbox->admin('/keys', ['username' => 'ericmj', 'secret' => 'key']);
    $sandbox->admin('/audit-logs', ['username' => 'ericmj', 'count' => 120]);
    preg_match_all('/^```php\n(require.*?)^```/ms', (string) file_get_contents($path), $blocks);
    expect(count($blocks[1]) === count(EXPECTED), "$path has " . count($blocks[1]) . ' examples');
    $environment = ['HEX_API_URL' => $sandbox->apiUrl, 'HEX_API_KEY' => 'key'];
    foreach ($blocks[1] as $i => $block) {
        $output = run([], $environment, "<?php\n$block");
        expect(preg_match(EXPECTED[$i], $output) === 1, "the output of this example is wrong: $output:\n$block");
    }
}

function runTour(Sandbox $sandbox, string $path): void
{
    $email = 'php@example.com';
    $talk = static function ($input, $output) use ($sandbox, $email): string {
        $text = '';
        while (!str_ends_with($text, 'paste it here: ')) {
            $read = (string) fread($output, 4096);
            expect($read !== '', $text);
            $text .= $read;
        }
        // These are the steps that a user does on the server's web site.
        foreach ($sandbox->admin('/mailbox', null) as $mail) {
            if ($mail['to'] === $email && $mail['kind'] === 'email-verification') {
                file_get_contents($mail['link']);
            }
        }
        $sandbox->admin('/audit-logs', ['username' => 'php', 'count' => 230]);
        fwrite($input, $sandbox->admin('/keys', ['username' => 'php', 'secret' => 'tour-key'])['secret'] . "\n");
        return $text;
    };
    $environment = ['TOUR_PASSWORD' => 'a password for the tour'];
    $output = run([$path, $sandbox->apiUrl, 'php', $email], $environment, talk: $talk);
    $all = ['"username":"php"', 'username has already been taken', 'get_current_user: {', 'a mail is on its way',
        '230 key.generate'];
    foreach ($all as $words) {
        expect(str_contains($output, $words), "the tour did not print $words:\n$output");
    }
}

$sandbox = new Sandbox('--key-order', 'shuffled');
runReadme($sandbox, $argv[1]);
runTour($sandbox, $argv[2]);
$sandbox->stop();
echo "the examples of the README and the tour printed the expected output\n";
