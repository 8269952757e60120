<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 422: the server rejected some fields; `errors` lists them. */
final class ValidationException extends ApiException
{
}
