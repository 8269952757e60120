<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** A timeout expired. */
final class TimeoutException extends AuraException
{
}
