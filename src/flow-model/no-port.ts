/** No switch has a port of this number: ports are counted from 1. @spec OpenFlow 1.4.1 §7.2.1 */
export const NO_PORT = 0;
