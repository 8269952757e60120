<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** This server has no such endpoint. */
final class UnsupportedException extends ApiException
{
}
