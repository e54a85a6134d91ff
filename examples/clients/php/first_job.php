<?php
/*
 * A first procedure and a first job, from the login to the history, with the refusals that every client meets.
 *
 * Debian: apt-get install thrift-compiler php-thrift php-cli
 *
 *   for f in idl/*.thrift; do thrift --gen php "$f"; done     # writes gen-php/
 *   GENERATED=gen-php JOBWRIGHT_PASSWORD=… php examples/clients/php/first_job.php \
 *       [host] [port] [e-mail] [framed|buffered|http] [binary|compact|json]
 */
declare(strict_types=1);

use Jobwright\Authentication\AuthenticationServiceClient;
use Jobwright\Authentication\LoginOptions;
use Jobwright\Common\SystemException;
use Jobwright\JobTemplate\JobTemplateLockFailed;
use Jobwright\JobTemplate\JobTemplateParams;
use Jobwright\JobTemplate\JobTemplateServiceClient;
use Jobwright\Jobs\CreateJobOverrides;
use Jobwright\Jobs\JobActionStepStatus;
use Jobwright\Jobs\JobHistoryAction;
use Jobwright\Jobs\JobRequestOptions;
use Jobwright\Jobs\JobsServiceClient;
use Jobwright\Step\BaseStep;
use Jobwright\Step\Step;
use Jobwright\Step\StepImpl;
use Thrift\Protocol\TBinaryProtocol;
use Thrift\Protocol\TCompactProtocol;
use Thrift\Protocol\TJSONProtocol;
use Thrift\Protocol\TMultiplexedProtocol;
use Thrift\Transport\TBufferedTransport;
use Thrift\Transport\TFramedTransport;
use Thrift\Transport\THttpClient;
use Thrift\Transport\TSocket;

// Debian keeps the library's classes in /usr/lib/php, in no folder of their own. With Composer: vendor/autoload.php.
spl_autoload_register(function (string $class): void {
    $path = str_replace('\\', '/', $class) . '.php';
    $file = str_starts_with($path, 'Thrift/')
        ? '/usr/lib/php/' . substr($path, strlen('Thrift/'))
        : (getenv('GENERATED') ?: 'gen-php') . "/$path";
    if (is_file($file)) {
        require_once $file;
    }
});

const SERVICES = [
    AuthenticationServiceClient::class => ['AuthenticationService', 'auth'],
    JobTemplateServiceClient::class => ['JobTemplateService', 'job_templates'],
    JobsServiceClient::class => ['JobsService', 'jobs'],
];

$host = $argv[1] ?? '127.0.0.1';
$port = (int) ($argv[2] ?? 9090);
define('EMAIL', $argv[3] ?? 'admin@localhost');
define('TRANSPORT', $argv[4] ?? 'framed');
define('PROTOCOL', $argv[5] ?? 'binary');
define('PASSWORD', getenv('JOBWRIGHT_PASSWORD') ?: '');

function protocol($transport)
{
    return match (PROTOCOL) {
        'binary' => new TBinaryProtocol($transport),
        'compact' => new TCompactProtocol($transport),
        'json' => new TJSONProtocol($transport),
    };
}

/** One TCP connection for all services: names tell them apart, and the login binds the token to the connection. */
class TcpConnection
{
    private $transport;

    public function __construct(string $host, int $port)
    {
        $socket = new TSocket($host, $port);
        $socket->setRecvTimeout(10_000);
        $this->transport = match (TRANSPORT) {
            'framed' => new TFramedTransport($socket),
            'buffered' => new TBufferedTransport($socket),
        };
        $this->transport->open();
    }

    public function service(string $client)
    {
        return new $client(new TMultiplexedProtocol(protocol($this->transport), SERVICES[$client][0]));
    }

    public function show(string $token): void
    {
    }

    public function close(): void
    {
        $this->transport->close();
    }
}

/** A URL per service; every request shows the token in a header. */
class HttpConnection
{
    private array $transports = [];

    public function __construct(private string $host, private int $port)
    {
    }

    public function service(string $client)
    {
        $transport = new THttpClient($this->host, $this->port, '/api/' . SERVICES[$client][1]);
        $this->transports[] = $transport;
        return new $client(protocol($transport));
    }

    public function show(string $token): void
    {
        foreach ($this->transports as $transport) {
            $transport->addHeaders(['Authorization' => "Token $token"]);
        }
    }

    public function close(): void
    {
        foreach ($this->transports as $transport) {
            $transport->close();
        }
    }
}

/** The services of a connection on which a user has logged in. */
class Session
{
    public AuthenticationServiceClient $auth;
    public JobTemplateServiceClient $templates;
    public JobsServiceClient $jobs;
    public $login;
    private $connection;

    public function __construct(string $host, int $port)
    {
        $this->connection = TRANSPORT === 'http' ? new HttpConnection($host, $port) : new TcpConnection($host, $port);
        $this->auth = $this->connection->service(AuthenticationServiceClient::class);
        $this->templates = $this->connection->service(JobTemplateServiceClient::class);
        $this->jobs = $this->connection->service(JobsServiceClient::class);
        $this->login = $this->auth->login(EMAIL, PASSWORD, new LoginOptions());
        $this->connection->show($this->login->authToken);
    }

    public function end(): void
    {
        $this->auth->logout();
        $this->connection->close();
    }
}

$session = new Session($host, $port);
$templates = $session->templates;
$jobs = $session->jobs;
$team = array_values($session->login->teamIdToInfo)[0];
echo "logged in as {$session->login->currentUser->email}, team {$team->name}\n";

// Content is edited under the lock, and every edit makes a new entry. Fields left unset get their zero at the server.
$params = new JobTemplateParams(['title' => 'Change the filter of an air handler']);
$template = $templates->create($team->id, $params, []);
$templates->acquireLock($template->id);
foreach (['Lock out the fan', 'Change the filter', 'Run the fan and read the pressure drop'] as $title) {
    $impl = new StepImpl(['step' => new Step(['stepFields' => []])]);
    $step = new BaseStep(['title' => $title, 'impl' => $impl]);
    $edited = $templates->addStepModular($template->id, $template->stepGroup->id, $step, -1, false);
    echo "entry {$edited->internalVersion}: \"$title\" added\n";
}

// The lock belongs to the token: even the same user does not get it with another one.
$elsewhere = new Session($host, $port);
try {
    $elsewhere->templates->acquireLock($template->id);
} catch (JobTemplateLockFailed $failed) {
    echo "lock failed: {$failed->message} (held by {$failed->previousLock->lockHolder->email})\n";
}
$elsewhere->end();
$templates->releaseLock($template->id);

// Any other refusal is a SystemException: the slug is for programs, the message for people.
try {
    $jobs->createJobs($template->id, new CreateJobOverrides());
} catch (SystemException $refusal) {
    echo "refused: {$refusal->slug} ({$refusal->errorCode}): {$refusal->message}\n";
}
echo "published as version {$templates->publish($template->id)->publicVersion}\n";

// Refusals of single steps come in the answer. No step ids means all current steps.
$overrides = new CreateJobOverrides(['jobName' => 'Filter of air handler 3']);
$jobId = $jobs->createJobs($template->id, $overrides)->jobIds[0];
$early = $jobs->finishSteps($jobId, [])->stepResponses[0];
echo 'refused at a step: ' . JobActionStepStatus::$__names[$early->status] . ": {$early->statusDescription}\n";
while (!$jobs->getJob($jobId, new JobRequestOptions())->closed) {
    foreach ([$jobs->startSteps($jobId, []), $jobs->finishSteps($jobId, [])] as $answer) {
        if (!$answer->success) {
            throw new RuntimeException('a step was refused');
        }
    }
}

foreach ($jobs->getJobHistory($jobId) as $row) {
    $date = gmdate('Y-m-d\TH:i:s', intdiv($row->date, 1000)) . sprintf('.%03dZ', $row->date % 1000);
    $action = JobHistoryAction::$__names[$row->action];
    echo rtrim("$date  {$row->username}  $action  {$row->stepName}") . "\n";
}
$session->end();
