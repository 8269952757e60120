<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 401: the account asks for a one-time password (option `otp`). */
final class OtpRequiredException extends AuthenticationException
{
}
