/** In browsers, and wherever else the platform has it. */
export const PlatformWebSocket: typeof WebSocket = globalThis.WebSocket;
