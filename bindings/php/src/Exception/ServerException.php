<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 5xx: the fault is the server's. Its operators find the call by `requestId`. */
final class ServerException extends ApiException
{
}
