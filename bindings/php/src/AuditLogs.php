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
    /** The started call. It has the next row, and all readers wait for it. */
    private ?Call $call = null;
    /** The page of the rows in $ahead and of the row of $call. */
    private int $page = 0;
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
        while ($this->ahead === []) {
            if (!$this->fill()) {
                return null;
            }
        }
        // PHP runs signal handlers at calls and jumps, so there is none between here and the return.
        $row = $this->ahead[$this->first];
        unset($this->ahead[$this->first++]);
        return $row;
    }

    /** Returns the page of the next row, counted from 1. To continue later, pass it as the option `page`. */
    public function page(): int
    {
        return $this->ahead === [] && $this->call === null ? $this->nativePage() : $this->page;
    }

    /** Ends the stream and cancels its requests. A task that waits for a row gets an InvalidArgumentException. */
    public function close(): void
    {
        $this->stream->close();
        $this->call?->cancel();
        $this->call = null;
        $this->ahead = [];
        $this->first = 0;
    }

    public function isClosed(): bool
    {
        return $this->stream->isClosed();
    }

    /** @return list<AuditLog> */
    private function nextPage(): array
    {
        $this->notePage();
        while ($this->ahead === [] || ($this->call === null && $this->nativePage() === $this->page)) {
            if (!$this->fill()) {
                break;
            }
        }
        $rows = [...$this->ahead];
        $this->ahead = [];
        $this->first = 0;
        return $rows;
    }

    /**
     * Reads the next row into $ahead. If another reader took that row, $ahead stays empty. Returns false at the end.
     *
     * A row stays in $ahead, and a call in $call, until the last step before it is returned. So nothing is lost if a
     * signal handler throws, or if PHP destroys the fiber of a dropped task.
     */
    private function fill(): bool
    {
        $held = Signals::hold();
        $isLogDue = ++$this->rowsSinceDelivery >= self::ROWS_PER_DELIVERY;
        try {
            if ($held || $isLogDue) {
                // A signal handler or the logger can run before the row is returned, and read the page.
                $this->notePage();
            }
            $hasMore = $this->call === null && Call::mayBlock($held) ? $this->blockForRow() : $this->waitForRow($held);
            if ($isLogDue || !$hasMore) {
                $this->deliverLog();
            }
            return $hasMore;
        } catch (AuraException $e) {
            $this->deliverLog();
            throw $e;
        } finally {
            if ($held) {
                Signals::release(true);
            }
        }
    }

    private function notePage(): void
    {
        if ($this->ahead === [] && $this->call === null) {
            $this->page = $this->nativePage();
        }
    }

    private function nativePage(): int
    {
        return Native::library()->aura_audit_logs_page($this->stream->get());
    }

    private function blockForRow(): bool
    {
        [$action, $userAgent, $json] = Native::fields();
        $status = Native::library()->aura_audit_logs_next_fields(
            $this->stream->get(),
            $action,
            $userAgent,
            null,
            $json,
            Native::error()
        );
        if ($status === Native::OK) {
            $this->ahead[] = AuditLog::of($json[0], $action[0], $userAgent[0]);
            return true;
        }
        return $status === Native::END ? false : throw Native::takeError();
    }

    /** Reads a row that the library has already. Otherwise it starts a call for it and waits. */
    private function waitForRow(bool $held): bool
    {
        if ($this->call === null) {
            $stream = $this->stream->get();
            $status = Native::library()->aura_audit_logs_next_at_hand($stream, Native::text(), Native::error());
            if ($status === Native::OK) {
                $this->ahead[] = new AuditLog(Native::takeText());
                return true;
            }
            if ($status !== Native::PENDING) {
                throw Native::takeError();
            }
            $this->notePage();
            $this->call = Call::start(
                static fn (CData $place, CData $error): int
                    => Native::library()->aura_audit_logs_next_start($stream, $place, $error)
            );
        }
        $call = $this->call;
        $call->wait($held);
        // Another reader may have closed the stream.
        $this->stream->get();
        $isFirst = $this->call === $call;
        if ($isFirst) {
            $this->call = null;
        }
        $task = Task::current();
        $ending = $call->endingOf($task);
        if ($call->hasJson() ? !$isFirst : $call->isCancelled() && $ending === null) {
            // Another reader took the row, or another task was cancelled. This one needs a new call.
            if ($ending !== null) {
                $task?->$ending();
            }
            return true;
        }
        $json = $call->json();
        if ($json !== null) {
            $this->ahead[] = new AuditLog($json);
        }
        return $json !== null;
    }

    private function deliverLog(): void
    {
        $this->rowsSinceDelivery = 0;
        Log::deliver();
    }
}
