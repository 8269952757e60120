<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 5xx: the server failed. Its operators can find the call by `requestId`. */
final class ServerException extends ApiException
{
}
