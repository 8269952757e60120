<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** The time allowed ran out. */
final class TimeoutException extends AuraException
{
}
