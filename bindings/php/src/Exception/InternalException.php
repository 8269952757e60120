<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** A defect of this library: please report it, with its text. */
final class InternalException extends AuraException
{
}
