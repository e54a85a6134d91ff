#!/usr/bin/perl
# A first procedure and a first job, from the login to the history, with the refusals that every client meets.
#
# Debian: apt-get install thrift-compiler libthrift-perl libbit-vector-perl libclass-accessor-perl
# and for HTTP: apt-get install libwww-perl libio-string-perl
#
#   for f in idl/*.thrift; do thrift --gen perl "$f"; done     # writes gen-perl/
#   JOBWRIGHT_PASSWORD=… perl -I gen-perl examples/clients/perl/first_job.pl \
#       [host] [port] [e-mail] [framed|buffered|http] [binary]
#
# The library has no compact and no JSON protocol.
use strict;
use warnings;

use POSIX qw(strftime);
use Scalar::Util qw(blessed);
use Thrift;
use Thrift::BinaryProtocol;
use Thrift::BufferedTransport;
use Thrift::FramedTransport;
use Thrift::MultiplexedProtocol;
use Thrift::Socket;

use Jobwright::Authentication::AuthenticationService;
use Jobwright::JobTemplate::JobTemplateService;
use Jobwright::Jobs::JobsService;

my ($host, $port, $email, $transport, $protocol) = @ARGV;
$host      //= '127.0.0.1';
$port      //= 9090;
$email     //= 'admin@localhost';
$transport //= 'framed';
$protocol  //= 'binary';
my $password = $ENV{JOBWRIGHT_PASSWORD} // '';
die "Thrift for Perl has no $protocol protocol\n" if $protocol ne 'binary';

my %path_of = (AuthenticationService => 'auth', JobTemplateService => 'job_templates', JobsService => 'jobs');

# TCP: one connection for all services. Names tell them apart, and the login binds the token to the connection.
sub tcp_connection {
    my $socket = Thrift::Socket->new({ host => $host, port => $port });
    my $class = $transport eq 'framed' ? 'Thrift::FramedTransport' : 'Thrift::BufferedTransport';
    my $layer = $class->new($socket);
    $layer->open();
    return {
        protocol => sub { Thrift::MultiplexedProtocol->new(Thrift::BinaryProtocol->new($layer), shift) },
        show     => sub { },
        close    => sub { $layer->close() },
    };
}

# HTTP: a URL per service; every request shows the token in a header.
sub http_connection {
    require Thrift::HttpClient;
    my @clients;
    return {
        protocol => sub {
            my $client = Thrift::HttpClient->new("http://$host:$port/api/$path_of{$_[0]}");
            $client->setTimeout(10_000);    # milliseconds; left alone it is a tenth of a second
            push @clients, $client;
            return Thrift::BinaryProtocol->new($client);
        },
        show  => sub { my $token = shift; $_->setHeader(Authorization => "Token $token") for @clients },
        close => sub { },
    };
}

# The services of a connection on which a user has logged in.
sub session {
    my $connection = $transport eq 'http' ? http_connection() : tcp_connection();
    my $protocol_of = $connection->{protocol};
    my $auth = Jobwright::Authentication::AuthenticationServiceClient->new($protocol_of->('AuthenticationService'));
    my %session = (
        auth      => $auth,
        templates => Jobwright::JobTemplate::JobTemplateServiceClient->new($protocol_of->('JobTemplateService')),
        jobs      => Jobwright::Jobs::JobsServiceClient->new($protocol_of->('JobsService')),
        login     => $auth->login($email, $password, Jobwright::Authentication::LoginOptions->new()),
    );
    $connection->{show}->($session{login}->authToken);
    $session{end} = sub { $auth->logout(); $connection->{close}->() };
    return \%session;
}

# What an enum calls a number. The generated constants have no way back.
sub name_of {
    my ($enum, $value) = @_;
    no strict 'refs';
    for my $name (grep { /^[A-Z]\w*[a-z]/ } keys %{"${enum}::"}) {
        my $constant = "${enum}::$name";
        return $name if defined &$constant && &$constant() == $value;
    }
    return $value;
}

# Runs the code; returns the declared exception of the class, or dies of any other failure.
sub refusal_of {
    my ($class, $code) = @_;
    return undef if eval { $code->(); 1 };
    my $error = $@;
    return $error if blessed($error) && $error->isa($class);
    die $error;
}

my $session = session();
my ($templates, $jobs) = @{$session}{qw(templates jobs)};
my ($team) = values %{ $session->{login}->teamIdToInfo };
printf "logged in as %s, team %s\n", $session->{login}->currentUser->email, $team->name;

# Content is edited under the lock, and every edit makes a new entry. Fields left unset get their zero at the server.
my $params = Jobwright::JobTemplate::JobTemplateParams->new({ title => 'Change the filter of an air handler' });
my $template = $templates->create($team->id, $params, []);
$templates->acquireLock($template->id);
for my $title ('Lock out the fan', 'Change the filter', 'Run the fan and read the pressure drop') {
    my $impl = Jobwright::Step::StepImpl->new({ step => Jobwright::Step::Step->new({ stepFields => [] }) });
    my $step = Jobwright::Step::BaseStep->new({ title => $title, impl => $impl });
    my $edited = $templates->addStepModular($template->id, $template->stepGroup->id, $step, -1, 0);
    printf "entry %d: \"%s\" added\n", $edited->internalVersion, $title;
}

# The lock belongs to the token: even the same user does not get it with another one.
my $elsewhere = session();
my $failed = refusal_of('Jobwright::JobTemplate::JobTemplateLockFailed',
    sub { $elsewhere->{templates}->acquireLock($template->id) });
printf "lock failed: %s (held by %s)\n", $failed->message, $failed->previousLock->lockHolder->email if $failed;
$elsewhere->{end}->();
$templates->releaseLock($template->id);

# Any other refusal is a SystemException: the slug is for programs, the message for people.
my $refusal = refusal_of('Jobwright::Common::SystemException',
    sub { $jobs->createJobs($template->id, Jobwright::Jobs::CreateJobOverrides->new()) });
printf "refused: %s (%d): %s\n", $refusal->slug, $refusal->errorCode, $refusal->message if $refusal;
printf "published as version %d\n", $templates->publish($template->id)->publicVersion;

# Refusals of single steps come in the answer. No step ids means all current steps.
my $overrides = Jobwright::Jobs::CreateJobOverrides->new({ jobName => 'Filter of air handler 3' });
my $job_id = $jobs->createJobs($template->id, $overrides)->jobIds->[0];
my $early = $jobs->finishSteps($job_id, [])->stepResponses->[0];
printf "refused at a step: %s: %s\n", name_of('Jobwright::Jobs::JobActionStepStatus', $early->status),
    $early->statusDescription;
until ($jobs->getJob($job_id, Jobwright::Jobs::JobRequestOptions->new())->closed) {
    for my $answer ($jobs->startSteps($job_id, []), $jobs->finishSteps($job_id, [])) {
        die "a step was refused\n" unless $answer->success;
    }
}

for my $row (@{ $jobs->getJobHistory($job_id) }) {
    my $date = strftime('%Y-%m-%dT%H:%M:%S', gmtime int $row->date / 1000) . sprintf('.%03dZ', $row->date % 1000);
    my $line = join '  ', $date, $row->username, name_of('Jobwright::Jobs::JobHistoryAction', $row->action),
        $row->stepName // ();
    print "$line\n";
}
$session->{end}->();
