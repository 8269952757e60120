<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 401: the account requires a one-time password (option `otp`). */
final class OtpRequiredException extends AuthenticationException
{
}
