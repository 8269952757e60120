<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** The program cancelled the call. */
final class CancelledException extends AuraException
{
}
