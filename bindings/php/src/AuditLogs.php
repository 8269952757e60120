<?php

declare(strict_types=1);

namespace AuraUsers;

use AuraUsers\Exception\AuraException;
use AuraUsers\Internal\Call;
use AuraUsers\Internal\Handle;
use AuraUsers\Internal\Native;
use AuraUsers\Internal\Signals;
use FFI\CData;
use Generator;

/**
 * A stream of the rows of an audit log, newest first. It keeps its place: foreach, next() and pages() go on where the
 * last of them stopped, also after an exception or a `break`.
 *
 * @implements \IteratorAggregate<int, AuditLog>
 */
final class AuditLogs implements \IteratorAggregate
{
    /** So many rows come between two looks at the log. */
    private const ROWS_A_LOOK = 100;

    /** @var array<int, AuditLog> rows that were read and not returned, from the index $first on */
    private array $ahead = [];
    private int $first = 0;
    private int $aheadPage = 0;
    /** @var list<Call> calls whose wait was interrupted */
    private array $interrupted = [];
    private int $unlooked = 0;

    /** @internal */
    public function __construct(private readonly Handle $stream)
    {
    }

    /** @return Generator<int, AuditLog> */
    public function getIterator(): Generator
    {
        while (true) {
            $row = $this->next();
            // As in next(), no jump.
            if ($row !== null) {
                yield $row;
                continue;
            }
            return;
        }
    }

    /**
     * The same rows as lists, the rest of a page each.
     *
     * @return Generator<int, non-empty-list<AuditLog>>
     */
    public function pages(): Generator
    {
        while (true) {
            $rows = $this->nextPage();
            if ($rows !== []) {
                yield $rows;
                continue;
            }
            return;
        }
    }

    /** The next row; null after the last one. */
    public function next(): ?AuditLog
    {
        if ($this->ahead !== []) {
            return $this->takeAhead();
        }
        $stream = $this->stream->get();
        $held = Signals::hold();
        try {
            $page = $held ? $this->nativePage() : 0;
            if ($this->interrupted !== [] || !Call::mayBlock($held)) {
                $row = $this->waitForRow($stream, $held);
            } else {
                $row = $this->blockForRow($stream);
            }
            $this->look($row === null);
        } catch (AuraException $e) {
            $this->look(true);
            throw $e;
        } finally {
            if ($held && isset($row)) {
                // A signal handler may throw.
                $this->keep([$row], $page);
            }
            Signals::release($held);
        }
        // PHP runs signal handlers at calls and jumps: none may stand between a row's taking and its return.
        if ($held && $row !== null) {
            return $this->takeAhead();
        }
        return $row;
    }

    /** The page that the next row is on, from 1 on: pass it as the option `page` to go on another day. */
    public function page(): int
    {
        return $this->ahead === [] ? $this->nativePage() : $this->aheadPage;
    }

    /** Ends the stream and its requests. */
    public function close(): void
    {
        $this->stream->close();
        $this->ahead = $this->interrupted = [];
    }

    public function isClosed(): bool
    {
        return $this->stream->isClosed();
    }

    /** @return list<AuditLog> */
    private function nextPage(): array
    {
        if ($this->ahead !== []) {
            $rows = [...$this->ahead];
            $this->ahead = [];
            return $rows;
        }
        $page = $this->nativePage();
        $rows = [];
        try {
            do {
                $row = $this->next();
                if ($row !== null) {
                    $rows[] = $row;
                }
            } while ($row !== null && $this->nativePage() === $page);
            return $rows;
        } catch (\Throwable $e) {
            $this->keep($rows, $page);
            throw $e;
        }
    }

    /**
     * Puts rows before those that are already kept.
     *
     * @param list<AuditLog> $rows
     */
    private function keep(array $rows, int $page): void
    {
        $this->ahead = [...$rows, ...$this->ahead];
        $this->first = 0;
        $this->aheadPage = $page;
    }

    private function takeAhead(): AuditLog
    {
        $row = $this->ahead[$this->first];
        unset($this->ahead[$this->first++]);
        return $row;
    }

    private function nativePage(): int
    {
        return Native::library()->aura_audit_logs_page($this->stream->get());
    }

    private function blockForRow(CData $stream): ?AuditLog
    {
        $fields = Native::fields();
        $status = Native::library()->aura_audit_logs_next_fields(
            $stream,
            $fields,
            $fields + 1,
            null,
            $fields + 2,
            Native::error()
        );
        return match ($status) {
            Native::OK => AuditLog::of($fields[2], $fields[0], $fields[1]),
            Native::END => null,
            default => throw Native::takeError(),
        };
    }

    /** Takes a row that is at hand; otherwise starts a call for it and waits. */
    private function waitForRow(CData $stream, bool $held): ?AuditLog
    {
        $call = array_shift($this->interrupted);
        if ($call === null) {
            $status = Native::library()->aura_audit_logs_next_at_hand($stream, Native::text(), Native::error());
            if ($status === Native::OK) {
                return new AuditLog(Native::takeText());
            }
            if ($status !== Native::PENDING) {
                throw Native::takeError();
            }
            $call = Call::begin(
                static fn (CData $place, CData $error): int
                    => Native::library()->aura_audit_logs_next_start($stream, $place, $error)
            );
        }
        try {
            $json = $call->result($held);
        } finally {
            if (!$call->isTaken()) {
                $this->interrupted[] = $call;
            }
        }
        return $json === null ? null : new AuditLog($json);
    }

    private function look(bool $isLast): void
    {
        if ($isLast || ++$this->unlooked >= self::ROWS_A_LOOK) {
            $this->unlooked = 0;
            Log::deliver();
        }
    }
}
