/** DocumentService: the table of contents. Each function says where it is built; the order is the interface's. */
import type {
  Document,
  DocumentFetchResult,
  DocumentParams,
  DocumentQueryResult,
  DocumentUpload,
  DocumentWhereOpts,
} from '#gen/document_types';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import * as reading from './reading.ts';
import * as uploads from './uploads.ts';
import * as writing from './writing.ts';

export class DocumentHandler implements Handler<'DocumentService'> {
  readonly #store: Store;
  readonly #maxFileBytes: number;

  constructor(store: Store, maxFileBytes: number) {
    this.#store = store;
    this.#maxFileBytes = maxFileBytes;
  }

  beginUpload(call: Call, params: DocumentParams): Promise<DocumentUpload> {
    return uploads.begin(this.#store, call, params, this.#maxFileBytes);
  }

  putChunk(call: Call, uploadId: string, offset: number, chunk: Buffer): Promise<DocumentUpload> {
    return uploads.put(this.#store, call, uploadId, offset, chunk);
  }

  finishUpload(call: Call, uploadId: string, sha256: string): Promise<Document> {
    return uploads.finish(this.#store, call, uploadId, sha256);
  }

  get(call: Call, documentId: string): Promise<Document> {
    return reading.get(this.#store, call, documentId);
  }

  fetch(call: Call, documentIds: string[]): Promise<{ [documentId: string]: DocumentFetchResult }> {
    return reading.fetch(this.#store, call, documentIds);
  }

  query(call: Call, whereOpts: DocumentWhereOpts): Promise<DocumentQueryResult> {
    return reading.query(this.#store, call, whereOpts);
  }

  getChunk(call: Call, documentId: string, offset: number, length: number): Promise<Buffer> {
    return reading.getChunk(this.#store, call, documentId, offset, length);
  }

  rename(call: Call, documentId: string, name: string): Promise<Document> {
    return writing.rename(this.#store, call, documentId, name);
  }

  deleteDocument(call: Call, documentId: string): Promise<void> {
    return writing.remove(this.#store, call, documentId);
  }
}
