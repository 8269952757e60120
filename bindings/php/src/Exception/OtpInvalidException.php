<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 401: the one-time password is wrong or was used before. */
final class OtpInvalidException extends AuthenticationException
{
}
