<?php

/*
 * For php.ini: `opcache.preload = .../preload.php`, with `ffi.enable = preload`. It loads the C library and this
 * package once, before the first request. Then only this package can use the library in php-fpm and php-cgi.
 *
 * It looks for the library like the package. Set AURA_USERS_LIBRARY for the process that starts the workers.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'AuraUsers\\')) {
        require_once __DIR__ . '/src/' . str_replace('\\', '/', substr($class, strlen('AuraUsers\\'))) . '.php';
    }
});

AuraUsers\Internal\Native::preload();
foreach (['', 'Exception/', 'Internal/'] as $folder) {
    foreach (glob(__DIR__ . "/src/{$folder}*.php") ?: [] as $file) {
        // Composer loads the functions.
        if (basename($file) !== 'functions.php') {
            require_once $file;
        }
    }
}
