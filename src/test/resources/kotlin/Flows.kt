package dev.sluice.docs.kotlin

import dev.sluice.BufferPool
import dev.sluice.PooledBuffer
import dev.sluice.flux.BufferFlux
import java.nio.file.Path
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.reactive.asFlow
import kotlinx.coroutines.reactor.mono
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull

// The code of docs/clients.md, and what its test calls.

// tag::flow
fun <T : Any> BufferFlux.flow(transform: suspend (PooledBuffer) -> T?): Flow<T> =
    consumeMany({ buffer -> mono(Dispatchers.Unconfined) { buffer.retain().use { transform(it) } } }, 1)
        .asFlow()
        .buffer(Channel.RENDEZVOUS)
// end::flow

// tag::use
suspend fun firstLengths(path: Path, pool: BufferPool): List<Int> =
    BufferFlux.read(path, pool).flow { buffer -> buffer.length() }.take(3).toList()
// end::use

fun all(buffers: BufferFlux): List<Int> = runBlocking { buffers.flow { it.length() }.toList() }

fun taken(buffers: BufferFlux): List<Int> = runBlocking {
    buffers.flow {
        delay(1)
        it.length()
    }.take(3).toList()
}

fun thrown(buffers: BufferFlux): List<Int> = runBlocking {
    buffers.flow<Int> {
        delay(1)
        throw IllegalStateException("no")
    }.toList()
}

fun timedOut(buffers: BufferFlux): List<Int>? = runBlocking {
    withTimeoutOrNull(50) {
        buffers.flow {
            delay(1_000_000)
            it.length()
        }.toList()
    }
}

fun cancelled(buffers: BufferFlux): Int = runBlocking {
    var seen = 0
    val job = launch {
        buffers.flow {
            delay(1)
            it.length()
        }.collect { seen++ }
    }
    while (seen < 3) {
        delay(1)
    }
    job.cancelAndJoin()
    seen
}

fun first(path: Path, pool: BufferPool): List<Int> = runBlocking { firstLengths(path, pool) }
