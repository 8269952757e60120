<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** The program ended the call. */
final class CancelledException extends AuraException
{
}
