<?php

declare(strict_types=1);

namespace AuraUsers\Test;

use AuraUsers\AuditLog;
use AuraUsers\Exception\DecodeException;
use AuraUsers\Package;
use AuraUsers\User;
use PHPUnit\Framework\TestCase;

/** Records. */
final class RecordsTest extends TestCase
{
    private const JSON = '{"username":"eric","inserted_at":"2014-03-01T12:00:00.123456Z",'
        . '"updated_at":"2014-03-01T12:00:00","handles":null,"packages":[{"name":"ecto","new":1}],"level":3,'
        . '"big":123456789012345678901234567890,"none":{}}';

    public function testFieldsAndUnknownFields(): void
    {
        $user = new User(self::JSON);
        self::assertSame(['eric', null, []], [$user->username, $user->fullName, $user->handles]);
        self::assertSame(['level' => 3, 'big' => '123456789012345678901234567890', 'none' => []], $user->extra);
        self::assertSame(3, $user->toArray()['level']);
        self::assertEquals([new Package('ecto', null, null, null)], $user->packages);
        self::assertNull($user->organizations);
        self::assertSame(self::JSON, $user->rawJson);
        self::assertStringContainsString('"none":{}', (string) json_encode($user));
    }

    /** @dataProvider texts */
    public function testATextAnywhereInTheJson(string $json, ?string $expected): void
    {
        self::assertSame($expected, (new User($json))->fullName);
        // After a decode, the text comes from the decoded fields.
        $user = new User($json);
        $user->toArray();
        self::assertSame($expected, $user->fullName);
    }

    /** @return array<int, array{string, string|null}> */
    public function texts(): array
    {
        return [
            ['{"full_name":"a"}', 'a'],
            [" {\n\"x\" : [1, {\"full_name\": \"no\"}, \"]\"] , \"full_name\"\t:  \"é\" }", 'é'],
            ['{"x":{"full_name":"no"},"y":"full_name\\":\\"no","full_name":"yes"}', 'yes'],
            ['{"full_names":"no","\\\\":-1.5e3,"z":true,"full_name":""}', ''],
            ['{"full_name":"a\\u0000\\"b"}', "a\0\"b"],
            ['{"full_name":null,"x":"full_name"}', null],
            ['{"x":{"full_name":"no"}}', null],
            ['{"x":[{"y":[]},"}"],"full\\u005fname":"escaped"}', 'escaped'],
            ['{"x":' . str_repeat('[', 900) . str_repeat(']', 900) . ',"full_name":"deep"}', 'deep'],
            ['{}', null],
        ];
    }

    public function testTimes(): void
    {
        $user = new User(self::JSON);
        self::assertSame('2014-03-01T12:00:00.123456+00:00', $user->insertedAt->format('Y-m-d\TH:i:s.uP'));
        self::assertSame('2014-03-01T12:00:00+00:00', $user->updatedAt->format(DATE_ATOM));
        $noon = '2014-03-01T12:00:00+00:00';
        $all = ['"2014-03-01T14:00:00+02:00"' => $noon, '"2014-03-01 12:00:00Z"' => $noon,
            '"2014-03-01t12:00:00z"' => $noon, '"2014-03-01 12:00:00.000"' => $noon,
            '"2014-03-01_14:00:00+02:00"' => $noon, '"2014-03-0112:00:00Z"' => null, '"never"' => null, '7' => null,
            'null' => null, '"2014-13-45T00:00:00Z"' => null, '"tomorrow"' => null];
        foreach ($all as $odd => $expected) {
            $user = new User("{\"username\":\"e\",\"inserted_at\":$odd}");
            self::assertSame($expected, $user->insertedAt?->format(DATE_ATOM), (string) $odd);
        }
    }

    public function testRecordsAreReadonly(): void
    {
        $user = new User(self::JSON);
        foreach (['username', 'rawJson', 'extra'] as $name) {
            try {
                $user->$name = 'x';
                self::fail("$name changed");
            } catch (\Error $e) {
                self::assertStringContainsString($name, $e->getMessage());
            }
        }
        self::assertSame('eric', $user->username);
    }

    public function testEqualsSerializeCloneAndIsset(): void
    {
        $user = new User(self::JSON);
        $copy = unserialize(serialize($user));
        self::assertTrue($user->equals($copy));
        self::assertSame('eric', $copy->username);
        self::assertSame('eric', (clone $user)->username);
        self::assertFalse($user->equals(new User('{"username":"eric"}')));
        self::assertTrue(isset($user->username, $user->insertedAt, $user->extra));
        $user = new User(self::JSON);
        self::assertSame(['ecto', 'none'], [($user->packages ?? [])[0]->name, $user->fullName ?? 'none']);
        self::assertTrue(empty($user->handles));
        self::assertFalse(isset($user->fullName) || isset($user->nothing));
    }

    public function testAnUnknownPropertyIsAnError(): void
    {
        $this->expectExceptionMessage('Undefined property: AuraUsers\User::$name');
        (new User(self::JSON))->name;
    }

    public function testJsonThatIsNoObject(): void
    {
        $this->expectException(DecodeException::class);
        $this->expectExceptionMessage('the JSON is not an object');
        (new User('3'))->username;
    }

    public function testJsonThatIsTooDeep(): void
    {
        $row = new AuditLog('{"params":' . str_repeat('[', 2000) . str_repeat(']', 2000) . '}');
        $this->expectException(DecodeException::class);
        $row->params;
    }
}
