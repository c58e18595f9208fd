/* Measures a Kafka broker with librdkafka: throughput of producing and of consuming, and latency.
 *
 *   client produce BROKER TOPIC PARTITIONS COUNT BYTES    prints MB/s
 *   client consume BROKER TOPIC PARTITIONS COUNT BYTES    prints MB/s
 *   client latency BROKER TOPIC PARTITIONS COUNT RATE     prints p50 and p99 in ms, COUNT messages at RATE a second
 */
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_AT_ONCE = 10000, LATENCY_BYTES = 100 };

static const char *broker, *topic;
static int partitions, count;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static double now_s(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char error[512];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK)
        fail(name, error);
}

static rd_kafka_conf_t *new_conf(void) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", broker);
    return conf;
}

static rd_kafka_t *new_client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    char error[512];
    rd_kafka_t *client = rd_kafka_new(type, conf, error, sizeof error);
    if (!client)
        fail("rd_kafka_new", error);
    return client;
}

static long delivered;

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client, (void)opaque;
    if (message->err)
        fail("delivery", rd_kafka_err2str(message->err));
    delivered++;
}

static rd_kafka_t *new_producer(const char *linger_ms) {
    rd_kafka_conf_t *conf = new_conf();
    set(conf, "acks", "1");
    set(conf, "linger.ms", linger_ms);
    set(conf, "queue.buffering.max.messages", "200000");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return new_client(RD_KAFKA_PRODUCER, conf);
}

static void put(rd_kafka_t *producer, rd_kafka_topic_t *to, int partition, const void *bytes, size_t length) {
    while (rd_kafka_produce(to, partition, RD_KAFKA_MSG_F_COPY, (void *)bytes, length, NULL, 0, NULL) == -1) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            fail("produce", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(producer, 5);
    }
}

static void produce(size_t bytes) {
    rd_kafka_t *producer = new_producer("5");
    rd_kafka_topic_t *to = rd_kafka_topic_new(producer, topic, NULL);
    char *value = malloc(bytes);
    for (size_t i = 0; i < bytes; i++)
        value[i] = (char)rand();
    /* The connection and the topic's metadata are not what is measured. */
    for (int partition = 0; partition < partitions; partition++)
        put(producer, to, partition, value, bytes);
    rd_kafka_flush(producer, 30000);
    delivered = 0;
    double begun = now_s();
    for (int i = 0; i < count; i++) {
        put(producer, to, i % partitions, value, bytes);
        if (i % 1000 == 0)
            rd_kafka_poll(producer, 0);
    }
    while (delivered < count)
        rd_kafka_poll(producer, 10);
    printf("%.1f\n", (double)count * bytes / 1e6 / (now_s() - begun));
}

static rd_kafka_t *new_consumer(int64_t from, rd_kafka_queue_t **queue) {
    rd_kafka_conf_t *conf = new_conf();
    set(conf, "group.id", "bench");
    set(conf, "enable.auto.commit", "false");
    set(conf, "queued.min.messages", "100000");
    rd_kafka_t *consumer = new_client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int partition = 0; partition < partitions; partition++)
        rd_kafka_topic_partition_list_add(list, topic, partition)->offset = from;
    if (rd_kafka_assign(consumer, list))
        fail("assign", "refused");
    *queue = rd_kafka_queue_get_consumer(consumer);
    return consumer;
}

static void consume(size_t bytes) {
    static rd_kafka_message_t *messages[MOST_AT_ONCE];
    rd_kafka_queue_t *queue;
    new_consumer(RD_KAFKA_OFFSET_BEGINNING, &queue);
    double begun = 0;
    long taken = 0;
    while (taken < count) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, 1000, messages, MOST_AT_ONCE);
        for (ssize_t i = 0; i < got; i++) {
            if (messages[i]->err)
                fail("consume", rd_kafka_message_errstr(messages[i]));
            rd_kafka_message_destroy(messages[i]);
        }
        /* From the first messages on. */
        if (got > 0 && begun == 0)
            begun = now_s();
        else
            taken += got;
    }
    printf("%.1f\n", (double)taken * bytes / 1e6 / (now_s() - begun));
}

static double *latencies;

static void *take(void *argument) {
    rd_kafka_t *consumer = argument;
    for (int taken = 0; taken < count;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 1000);
        if (!message)
            continue;
        double sent;
        memcpy(&sent, message->payload, sizeof sent);
        latencies[taken++] = now_s() - sent;
        rd_kafka_message_destroy(message);
    }
    return NULL;
}

static int ascending(const void *one, const void *other) {
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

static void latency(int rate) {
    rd_kafka_queue_t *queue;
    rd_kafka_t *consumer = new_consumer(RD_KAFKA_OFFSET_END, &queue);
    rd_kafka_t *producer = new_producer("0");
    rd_kafka_topic_t *to = rd_kafka_topic_new(producer, topic, NULL);
    pthread_t taker;
    latencies = calloc(count, sizeof *latencies);
    pthread_create(&taker, NULL, take, consumer);
    /* The consumer is to wait at the end by then. */
    rd_kafka_poll(producer, 3000);
    double begun = now_s();
    for (int i = 0; i < count; i++) {
        char value[LATENCY_BYTES] = {0};
        while (now_s() < begun + (double)i / rate)
            rd_kafka_poll(producer, 1);
        double sent = now_s();
        memcpy(value, &sent, sizeof sent);
        put(producer, to, i % partitions, value, sizeof value);
    }
    rd_kafka_flush(producer, 10000);
    pthread_join(taker, NULL);
    qsort(latencies, count, sizeof *latencies, ascending);
    printf("%.2f %.2f\n", latencies[count / 2] * 1e3, latencies[count * 99 / 100] * 1e3);
}

int main(int argc, char **argv) {
    if (argc != 7)
        fail("usage", "client produce|consume|latency BROKER TOPIC PARTITIONS COUNT BYTES|RATE");
    broker = argv[2], topic = argv[3], partitions = atoi(argv[4]), count = atoi(argv[5]);
    if (!strcmp(argv[1], "produce"))
        produce(atoi(argv[6]));
    else if (!strcmp(argv[1], "consume"))
        consume(atoi(argv[6]));
    else
        latency(atoi(argv[6]));
    return 0;
}
