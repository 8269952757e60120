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
 * A stream of the rows of an audit log, newest first. It keeps its position: foreach, next() and pages() continue after
 * the last row that was returned, also after an exception or a `break`.
 *
 * @implements \IteratorAggregate<int, AuditLog>
 */
final class AuditLogs implements \IteratorAggregate
{
    /** The log lines of the library are fetched once for so many rows. */
    private const ROWS_PER_DELIVERY = 100;

    /** @var array<int, AuditLog> rows that were read and not returned; their indexes start at $first */
    private array $ahead = [];
    private int $first = 0;
    private int $aheadPage = 0;
    /** @var list<Call> calls whose wait was interrupted; each returns one row */
    private array $interrupted = [];
    private int $rowsSinceDelivery = 0;

    /** @internal */
    public function __construct(private readonly Handle $stream)
    {
    }

    /** @return Generator<int, AuditLog> */
    public function getIterator(): Generator
    {
        while (true) {
            $row = $this->next();
            // As in next(), no jump between the row and its return.
            if ($row !== null) {
                yield $row;
                continue;
            }
            return;
        }
    }

    /**
     * Returns the same rows as lists. Each list has the remaining rows of a page.
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

    /** Returns the next row, and null after the last one. */
    public function next(): ?AuditLog
    {
        if ($this->ahead !== []) {
            return $this->takeAhead();
        }
        $stream = $this->stream->get();
        $held = Signals::hold();
        $isKept = false;
        try {
            $page = $held ? $this->nativePage() : 0;
            if ($this->interrupted !== [] || !Call::mayBlock($held)) {
                $row = $this->waitForRow($stream, $held);
            } else {
                $row = $this->blockForRow($stream);
            }
            $this->deliverLog($row === null);
        } catch (AuraException $e) {
            $this->deliverLog(true);
            throw $e;
        } finally {
            if ($held && isset($row)) {
                // A signal handler may throw. If it does so at the end of this block, PHP runs the block again.
                $this->keep([$row], $page);
                $row = null;
                $isKept = true;
            }
            Signals::release($held);
        }
        // PHP runs signal handlers at calls and jumps, so there is none between the read of a row and its return.
        if ($isKept) {
            return $this->takeAhead();
        }
        return $row;
    }

    /** Returns the page of the next row, counted from 1. To continue later, pass it as the option `page`. */
    public function page(): int
    {
        return $this->ahead === [] ? $this->nativePage() : $this->aheadPage;
    }

    /** Ends the stream and cancels its requests. */
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

    /** Returns a row that the library has already. Otherwise it starts a call for it and waits. */
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
            $call = Call::start(
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

    private function deliverLog(bool $isLast): void
    {
        if ($isLast || ++$this->rowsSinceDelivery >= self::ROWS_PER_DELIVERY) {
            $this->rowsSinceDelivery = 0;
            Log::deliver();
        }
    }
}
